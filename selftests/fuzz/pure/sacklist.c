// SPDX-License-Identifier: GPL-2.0
/* sacklist.c - the receiver's SACK blocks against a map of what was received */
#include <string.h>

#include "input.h"
#include "options.h"
#include "sacklist.h"

enum { SPAN = 256 };

struct model {
	u32 base;		/* sequence number of the map's first byte */
	u32 next;		/* RCV.NXT, counted from there */
	bool have[SPAN + 1];
};

static void check_list(const struct ltcp_sacklist *l, const struct model *m)
{
	int i, k;

	check(l->n <= LTCP_SACK_BLOCKS_MAX);
	for (i = 0; i < l->n; i++) {
		u32 from = l->b[i].start - m->base, to = l->b[i].end - m->base;

		check(from < to && to <= SPAN && from >= m->next);
		while (from < to)
			check(m->have[from++]);
		for (k = 0; k < i; k++)
			check(seq_lt(l->b[i].end, l->b[k].start) ||
			      seq_gt(l->b[i].start, l->b[k].end));
	}
}

static void add(struct ltcp_sacklist *l, struct model *m, struct input *in)
{
	u32 from = take8(in), to = from + take8(in) % 32;

	if (from < m->next || to > SPAN)
		return;
	memset(m->have + from, true, to - from);
	ltcp_sacklist_add(l, m->base + from, m->base + to);
	if (from < to) {	/* the newest comes first, and it is in there */
		check(l->n && seq_leq(l->b[0].start, m->base + from));
		check(seq_geq(l->b[0].end, m->base + to));
	}
}

static void advance(struct ltcp_sacklist *l, struct model *m, struct input *in)
{
	m->next += take8(in) % 16;
	m->next = min_t(u32, SPAN, m->next);
	while (m->have[m->next])	/* what lies in order is no block */
		m->next++;
	ltcp_sacklist_advance(l, m->base + m->next);
}

static void cut(struct ltcp_sacklist *l, struct model *m, struct input *in)
{
	u32 edge = take8(in);

	edge = max(edge, m->next);
	memset(m->have + edge, false, SPAN - edge);
	ltcp_sacklist_cut(l, m->base + edge);
}

static void report(const struct ltcp_sacklist *l, const struct model *m, struct input *in)
{
	struct ltcp_sack_block dup = { m->base + take8(in), 0 };
	bool with = take_bool(in);
	struct ltcp_opts o = {};

	dup.end = dup.start + 1 + take8(in);
	ltcp_sacklist_report(l, with ? &dup : NULL, &o);
	check(o.nsack <= LTCP_SACK_BLOCKS_MAX);
	check(!!o.nsack == !!(o.present & LTCP_OPT_SACK));
	check(!!o.nsack == (with || l->n));
	if (with)
		check(o.sack[0].start == dup.start && o.sack[0].end == dup.end);
	else if (l->n)
		check(!memcmp(&o.sack[0], &l->b[0], sizeof(o.sack[0])));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, data + size };
	struct ltcp_sacklist l = {};
	struct model m = { .base = take_number(&in) };

	while (in.at < in.end) {
		switch (take8(&in) & 7) {
		case 0:
			advance(&l, &m, &in);
			break;
		case 1:
			cut(&l, &m, &in);
			break;
		case 2:
			report(&l, &m, &in);
			break;
		default:
			add(&l, &m, &in);
		}
		check_list(&l, &m);
	}
	return 0;
}
