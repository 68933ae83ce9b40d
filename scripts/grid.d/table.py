#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""table.py - the grid's results, readable

Usage: table.py --build ID --only PATTERN --arms "builtin ltcp" --title TEXT [--brief]
                ROWS SHARES

Of results for one cell, control and TCP the latest counts; of ltcp only those of
the given build. With --brief a cell is one line.
"""
import argparse
import fnmatch
import math
import os

COLUMNS = ['goodput', 'retrans', 'spurious', 'timeouts', 'ce', 'drops', 'qmean', 'qp95', 'idle']
SIZES = [('10k', 10000), ('100k', 100000), ('1M', 1000000)]
for label, _ in SIZES:
    COLUMNS += [label + ' p50', label + ' p99', label + ' failed']
RATIOS = ['goodput'] + [c for c in COLUMNS if c[-3:] in ('p50', 'p99')]
SHARE_COLUMNS = ['flow1', 'flow2', 'goodput', 'qmean', 'drops', 'idle']
PAYLOAD, WIRE = 1448, 1514      # bytes of a full packet, with timestamps
BURST_SECONDS = 1e-4            # of the token bucket, at least two packets
LEAST_IDLE = 10                 # percent; below, the processor may be the limit
FAIR = 0.1                      # a share within so much of one half
NOISE = 0.03                    # of goodput, that does not count
NAMES = {'builtin': 'built-in', 'null': 'built-in 2'}


def read(path, columns, build):
    """The results of a file: {(cell, control): {arm: {column: number}}}."""
    results = {}
    if os.path.exists(path):
        with open(path, encoding='ascii') as lines:
            for line in lines:
                cell, control, arm, made_for, *values = line.rstrip('\n').split('\t')
                if made_for in ('any', build):
                    results.setdefault((cell, control), {})[arm] = dict(
                        zip(columns, map(float, values)))
    return results


def rate_of(cell):
    """Bits per second of the bottleneck."""
    rate = cell.split('-')[0]
    return int(rate[:-1]) * {'M': 10**6, 'G': 10**9}[rate[-1]]


def rtt_of(cell):
    """Seconds of the empty path."""
    return int(cell.split('-')[1].removesuffix('ms')) / 1e3


def limit_of(cell):
    """What no TCP can exceed: the wire's bytes per second, seconds of transfers.

    A transfer takes a round trip to connect, then the time of its bytes, but for
    those that the token bucket passes at once: towards the receiver the path has
    no delay.
    """
    goodput = rate_of(cell) / 8 * PAYLOAD / WIRE
    burst = max(2 * WIRE, rate_of(cell) / 8 * BURST_SECONDS) * PAYLOAD / WIRE
    return goodput, [rtt_of(cell) + max(size - burst, 0) / goodput for _, size in SIZES]


def number(value):
    """Three significant digits, without exponents."""
    if value >= 100:
        return f'{value:.0f}'
    return f'{value:.1f}' if value >= 10 else f'{value:.2f}'


HEADING = (f'{"":12}{"MB/s":>8}{"% limit":>8}' +
           ''.join(f'{label + " p50":>10}{"p99":>8}' for label, _ in SIZES) +
           f'{"retrans":>9}{"spur.":>7}{"RTO":>5}{"CE":>6}{"q mean":>8}{"p95":>7}')


def print_limit(cell):
    goodput, times = limit_of(cell)
    print(f'  {"limit":10}{number(goodput / 1e6):>8}{100:>8}' +
          ''.join(f'{number(t * 1e3):>10}{"":>8}' for t in times))


def print_arm(cell, arm, r):
    line = f'  {NAMES.get(arm, arm):10}{number(r["goodput"] / 1e6):>8}'
    line += f'{100 * r["goodput"] / limit_of(cell)[0]:>8.1f}'
    for label, _ in SIZES:
        line += f'{number(r[label + " p50"] / 1e3):>10}{number(r[label + " p99"] / 1e3):>8}'
    line += f'{r["retrans"]:>9.0f}{r["spurious"]:>7.0f}{r["timeouts"]:>5.0f}{r["ce"]:>6.0f}'
    line += f'{number(r["qmean"] / 1e3):>8}{number(r["qp95"] / 1e3):>7}'
    failed = sum(r[label + ' failed'] for label, _ in SIZES)
    if failed:
        line += f'  {failed:.0f} transfers FAILED'
    if r['idle'] < LEAST_IDLE:
        line += f'  (processor idle {r["idle"]:.0f} %: it may be the limit)'
    print(line)


def ratio(a, b):
    return a / b if b else math.nan


def ratio_text(a, b):
    return f'{a / b:.2f}' if b else '-'


def print_ratio(base, other):
    line = f'  {"ratio":10}{ratio_text(other["goodput"], base["goodput"]):>8}{"":>8}'
    for label, _ in SIZES:
        line += f'{ratio_text(other[label + " p50"], base[label + " p50"]):>10}'
        line += f'{ratio_text(other[label + " p99"], base[label + " p99"]):>8}'
    line += f'{ratio_text(other["retrans"], base["retrans"]):>9}{"":>18}'
    line += f'{ratio_text(other["qmean"], base["qmean"]):>8}'
    line += f'{ratio_text(other["qp95"], base["qp95"]):>7}'
    print(line)


def ratios_of(base, other):
    """Of times only where all transfers came to an end: how long others tried says little."""
    ratios = {what: ratio(other[what], base[what]) for what in RATIOS}
    for label, _ in SIZES:
        if base[label + ' failed'] or other[label + ' failed']:
            ratios[label + ' p50'] = ratios[label + ' p99'] = math.nan
    return ratios


def is_disturbed(cell):
    """Do packets or ACKs get lost or late, other than by a full queue?"""
    return cell.split('-')[2:4] != ['loss0', 'late0']


def mean(values):
    """The geometric one, of those that are numbers."""
    logs = [math.log(v) for v in values if v > 0 and math.isfinite(v)]
    return math.exp(sum(logs) / len(logs)) if logs else math.nan


def print_means_heading():
    print(f'{"":26}{"cells":>5}{"goodput":>9}  ' +
          ''.join(f'{label + " p50":>10}{"p99":>8}' for label, _ in SIZES))


def print_means(title, rows):
    """rows: [{what: ratio}] of some cells."""
    line = f'  {title:24}{len(rows):>5}{mean(r["goodput"] for r in rows):>9.3f}  '
    for label, _ in SIZES:
        line += f'{mean(r[label + " p50"] for r in rows):>10.2f}'
        line += f'{mean(r[label + " p99"] for r in rows):>8.2f}'
    print(line)


def of_control(ratios, control):
    """{cell: {what: ratio}}"""
    return {cell: r for (cell, c), r in ratios.items() if c == control}


def rank(value):
    """Orders a property's values: by the word they begin with, then by numbers."""
    value = value.replace('G', '000M')
    word = ''.join(c if c.isalpha() else ' ' for c in value).split()
    return word, [float(n) for n in ''.join(c if c in '0123456789.' else ' '
                                            for c in value).split()]


def print_properties(control, cells):
    """The means of all cells that have a property, whatever their others are."""
    print(f'\n{control}, by what the paths have in common')
    print_means_heading()
    for part in range(5):
        groups = {}
        for cell, r in cells.items():
            groups.setdefault(cell.split('-')[part], []).append(r)
        for value in sorted(groups, key=rank):
            print_means(value, groups[value])


def print_summary(ratios):
    """ratios: {(cell, control): {what: ratio}}; of times, more than 1 is worse."""
    print('In all: ltcp/built-in, geometric means; of times without those where transfers failed')
    print_means_heading()
    controls = list(dict.fromkeys(control for _, control in ratios))
    for control in controls:
        chosen = of_control(ratios, control)
        print_means(control, list(chosen.values()))
        disturbed = [r for cell, r in chosen.items() if is_disturbed(cell)]
        if disturbed:
            print_means('  losses or late packets', disturbed)
    for control in controls:
        print_properties(control, of_control(ratios, control))
    behind = sorted((r['goodput'], *key) for key, r in ratios.items()
                    if r['goodput'] < 1 - NOISE)
    print(f'\nLess goodput than the built-in by more than {100 * NOISE:.0f} %: '
          f'{len(behind)} of {len(ratios)}')
    for value, cell, control in behind:
        print(f'  {value:.2f}  {cell} {control}')
    print()


BRIEF_HEADING = (f'{"":44}{"MB/s":>9}{"":>8}{"ratio":>7}' +
                 ''.join(f'{label + " p50":>10}{"p99":>8}' for label, _ in SIZES) +
                 f'{"retrans":>9}{"":>7}')


def print_brief(cell, control, base, other, ratios):
    line = f'{cell + " " + control:44}{number(base["goodput"] / 1e6):>9}'
    line += f'{number(other["goodput"] / 1e6):>8}{ratios["goodput"]:>7.2f}'
    for label, _ in SIZES:
        for what, width in (' p50', 10), (' p99', 8):
            value = ratios[label + what]
            line += f'{value:>{width}.2f}' if math.isfinite(value) else f'{"-":>{width}}'
    line += f'{base["retrans"]:>9.0f}{other["retrans"]:>7.0f}'
    print(line)


def print_briefly(results, arms):
    """One line for each cell: goodput of both and all ratios."""
    print(BRIEF_HEADING)
    ratios = {}
    for (cell, control), by_arm in results.items():
        if all(arm in by_arm for arm in arms):
            base, other = (by_arm[arm] for arm in arms)
            ratios[cell, control] = ratios_of(base, other)
            print_brief(cell, control, base, other, ratios[cell, control])
    print()
    if ratios:
        print_summary(ratios)


def print_cells(results, arms):
    print(HEADING)
    ratios = {}
    for (cell, control), by_arm in results.items():
        print(f'{cell}  {control}')
        print_limit(cell)
        for arm in arms:
            if arm in by_arm:
                print_arm(cell, arm, by_arm[arm])
        if all(arm in by_arm for arm in arms):
            base, other = (by_arm[arm] for arm in arms)
            print_ratio(base, other)
            ratios[cell, control] = ratios_of(base, other)
        print()
    if ratios:
        print_summary(ratios)


def print_shares(results, arms):
    print('Two flows, the last three quarters of the time; "same": both of one TCP and')
    print('control, "cubic": the first beside a built-in cubic')
    print(f'{"":52}{"share of 1st":>13}{"sum, % limit":>14}{"q mean":>8}')
    for (cell, control), by_arm in results.items():
        for arm in arms:
            if arm not in by_arm:
                continue
            r = by_arm[arm]
            share = ratio(r['flow1'], r['flow1'] + r['flow2'])
            note = ''
            if cell.endswith('-same'):
                note = '  fair' if abs(share - .5) <= FAIR / 2 else '  NOT within 10 %'
            print(f'{cell + " " + control:42}{NAMES.get(arm, arm):10}{100 * share:>11.1f} %'
                  f'{100 * r["goodput"] / limit_of(cell)[0]:>14.1f}'
                  f'{number(r["qmean"] / 1e3):>8}{note}')
    print()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--build', required=True)
    parser.add_argument('--only', default='*')
    parser.add_argument('--arms', required=True)
    parser.add_argument('--title', required=True)
    parser.add_argument('--brief', action='store_true')
    parser.add_argument('files', nargs=2)
    args = parser.parse_args()
    arms = args.arms.split()

    cells, shares = (
        {key: value for key, value in read(path, columns, args.build).items()
         if fnmatch.fnmatchcase(key[0], args.only)}
        for path, columns in zip(args.files, (COLUMNS, SHARE_COLUMNS)))
    print(f'{args.title}. Times in ms; ratio: {NAMES.get(arms[1], arms[1])}/built-in\n')
    if cells:
        (print_briefly if args.brief else print_cells)(cells, arms)
    if shares:
        print_shares(shares, arms)


main()
