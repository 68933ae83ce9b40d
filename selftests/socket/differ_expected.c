// SPDX-License-Identifier: GPL-2.0
/*
 * differ_expected.c - where ltcp is meant to differ from the built-in TCP
 *
 * docs/differences.md tells the same to users, and more: what cannot be seen by
 * playing a script.
 */
#include "differ.h"

/* The option numbers that ltcp refuses. */
#define REFUSED_OPTION(number_, why_)					\
	{ "options_tcp__*", "* TCP " #number_ "[ ,]*", NULL, "-1 ENOPROTOOPT*", MANY, NULL, why_ }

const struct expected expected[] = {
	REFUSED_OPTION(14, "TCP_MD5SIG is not there yet"),
	REFUSED_OPTION(19, "TCP_REPAIR is not there yet"),
	REFUSED_OPTION(20, "TCP_REPAIR_QUEUE is not there yet"),
	REFUSED_OPTION(21, "TCP_QUEUE_SEQ is not there yet"),
	REFUSED_OPTION(22, "TCP_REPAIR_OPTIONS is not there yet"),
	REFUSED_OPTION(23, "TCP_FASTOPEN is not there yet"),
	REFUSED_OPTION(29, "TCP_REPAIR_WINDOW is not there yet"),
	REFUSED_OPTION(30, "TCP_FASTOPEN_CONNECT is not there yet"),
	REFUSED_OPTION(32, "TCP_MD5SIG_EXT is not there yet"),
	REFUSED_OPTION(33, "TCP_FASTOPEN_KEY is not there yet"),
	REFUSED_OPTION(34, "TCP_FASTOPEN_NO_COOKIE is not there yet"),
	{ "options_tcp__@(fresh|connected)", "*: set TCP 33 from NULL", "-1 EINVAL", "-1 EFAULT", 1,
	  NULL, "TCP_FASTOPEN_KEY: refused as any unknown option is" },
	{ "options_tcp__listening", "* TCP 42[ ,]*", NULL, "-1 ENOPROTOOPT*", MANY, "6.12",
	  "TCP_AO_REPAIR is not there yet" },
	{ "options_tcp__*", "* TCP @(38|39|40|41|42)[ ,]*", NULL, "-1 ENOPROTOOPT*", MANY,
	  "TCP-AO", "TCP-AO is not there yet; Debian's kernels do without, too" },

	{ "options_tcp__@(connecting|connected|half_closed|peer_half_closed|both_closed|peer_gone)",
	  "*: get TCP 2,*", "0, *", "0, *", MANY, NULL,
	  "TCP_MAXSEG: the segment size is not bounded by half the peer's window, "
	  "and is known from the SYN on" },
	{ "options_tcp__@(reset|disconnected|refused)",
	  "*: get TCP 2,*", "0, *", "0, *", MANY, NULL,
	  "TCP_MAXSEG: nothing is left of the connection that was" },
	{ "options_tcp__@(connecting|connected|half_closed|peer_half_closed|both_closed|reset|peer_gone)",
	  "*: get TCP 10,*", "0, *", "0, *", MANY, NULL,
	  "TCP_WINDOW_CLAMP reads as the widest window until it is set" },

	{ "options_socket__@(connected|reset)", "*: get SOCKET 7,*", "0, *", "0, *", MANY, NULL,
	  "SO_SNDBUF grows by a rule of ltcp's own" },
	{ "options_socket__*", "*SOCKET 42[ ,]*", "-1 EOPNOTSUPP*", NULL, MANY, "6.1",
	  "SO_PEEK_OFF is there on every kernel" },
	{ "accept__inherits", "option 1 42: *", "-1 EOPNOTSUPP", NULL, 3, "6.1",
	  "SO_PEEK_OFF is there on every kernel" },

	{ "names__in_each_state", "@(disconnected|refused): n", "*", "0", 4, NULL,
	  "SIOCOUTQ counts nothing where there is no connection" },

	{ "urgent__apart", "gW: count_of(fd, FIONREAD)", "1", "2", 1, NULL,
	  "an urgent byte that a later one has overtaken is one of the stream, not lost" },
	{ "urgent__apart", "gW: recv(p.server, 20, MSG_DONTWAIT)", "1 \"g\"", "2 \"Vg\"", 1, NULL,
	  "the same" },
	{ "urgent__apart", "read again: poll fd", " OUT WRNORM", " PRI OUT WRNORM", 1, NULL,
	  "a read of no bytes with MSG_OOB does not lose the urgent byte" },
};

const int expected_count = sizeof(expected) / sizeof(expected[0]);
