"""Connections for test scripts that build networks.

traffic.py serve ADDRESS:PORT [OPTION...]
	sends back what it gets, after its FIN; says over what, who came, and to whom
traffic.py ask ADDRESS:PORT[,ADDRESS:PORT...] BYTES [OPTION...]
	"same" when the bytes come back, or an errno's name; for each address
traffic.py life ADDRESS:PORT
	a connection of each kind of life and end

OPTION: proto=N  dev=DEVICE  mark=N  own=ADDRESS  port=N  transparent  user=N
	proof: asks whether it was by ltcp
"""
import array, errno, fcntl, os, socket, struct, sys, termios, time

IP_TRANSPARENT = 19
what, where, *rest = sys.argv[1:]
options = dict(word.partition('=')[::2] for word in rest)
peers = [(address, int(port)) for address, port in (w.split(':') for w in where.split(','))]
peer = peers[0]

def new_socket(options=options):
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, int(options.get('proto', 0)))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if 'dev' in options:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, options['dev'].encode())
    if 'mark' in options:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, int(options['mark']))
    if 'transparent' in options:
        s.setsockopt(socket.SOL_IP, IP_TRANSPARENT, 1)
    if 'own' in options or 'port' in options:
        s.bind((options.get('own', ''), int(options.get('port', 0))))
    return s

def known(count):
    return array.array('I', range(count // 4 + 1)).tobytes()[:count]

# Data that ltcp has received in this namespace, bytes.
def by_ltcp():
    try:
        with open('/proc/self/net/ltcp') as counters:
            return int(dict(line.split() for line in counters)['InBytes'])
    except FileNotFoundError:
        return 0

# Bytes sent, the FIN included.
def unacknowledged(s):
    count = array.array('i', [0])
    fcntl.ioctl(s, termios.TIOCOUTQ, count)
    return count[0]

def receive(s):
    parts = []
    while part := s.recv(1 << 18):
        parts.append(part)
    return b''.join(parts)

last = by_ltcp()                        # when the last one had been received

def answer(s, client):
    global last
    try:
        first = s.recv(5, socket.MSG_PEEK)
        if first == b'sleep':           # the window closes
            time.sleep(20)
        if first != b'close':
            data = receive(s)
            how = 'ltcp' if by_ltcp() - last >= len(data) > 0 else 'other'
            last = by_ltcp()
            print(how, *client, *s.getsockname(), flush=True)
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            for _ in range(500):        # once closed it has no user any more
                if not unacknowledged(s):
                    break
                time.sleep(0.01)
        s.recv(5)
        s.close()
    except OSError:
        s.close()

def serve():
    import threading                    # here, for it takes its time
    listener = new_socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 18)
    listener.bind(peer)
    listener.listen(64)
    while True:
        threading.Thread(target=answer, args=listener.accept(), daemon=True).start()

def connected(peer, **more):
    s = new_socket(options | more)
    s.settimeout(120)
    s.connect(peer)
    return s

def ask(peer, data):
    with connected(peer) as s:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        return 'same' if receive(s) == data else 'different'

def told(peer, data):
    began, before = time.time(), by_ltcp()
    try:
        verdict = ask(peer, data)
    except OSError as e:
        verdict = errno.errorcode[e.errno] if e.errno else 'nothing'
    if verdict == 'same':
        return 'same by ltcp' if 'proof' in options and by_ltcp() - before >= len(data) else 'same'
    return verdict if time.time() - began < 0.9 else verdict + ' late'

def abort(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    s.close()

def life():
    ask(peer, known(1 << 21))           # with a half close
    abort(connected(peer))
    s = connected(peer)                 # data in flight
    s.sendall(known(100000))
    abort(s)
    s = connected(peer)                 # data not read
    s.sendall(b'x' * 1000)
    s.shutdown(socket.SHUT_WR)
    time.sleep(1)
    s.close()
    s = connected(peer)
    for name, value in ((socket.TCP_KEEPIDLE, 1), (socket.TCP_KEEPINTVL, 1)):
        s.setsockopt(socket.IPPROTO_TCP, name, value)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    time.sleep(10)
    s.close()
    ask(peer, b'sleep' + known(3 << 20))
    for _ in range(3):                  # the same port again, over TIME-WAIT at the server
        s = connected(peer, own='', port=40123)
        s.sendall(b'close')
        receive(s)
        s.close()
        time.sleep(2)

if 'user' in options:
    os.setuid(int(options['user']))
if what == 'serve':
    serve()
elif what == 'ask':
    data = known(int(rest[0]))
    print(*(told(peer, data) for peer in peers), sep=', ')
else:
    life()
