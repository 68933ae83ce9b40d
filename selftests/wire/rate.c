// SPDX-License-Identifier: GPL-2.0
/*
 * rate.c - the delivery rate and what limits it, as TCP_INFO tells them
 *
 * A round trip of 100 ms and an MSS of 1000.
 */
#include "wire.h"

enum { RTT = 100, SEG = 1000 };

static int open_with_rtt(void)
{
	int fd = app_connect();

	expect(SYN, SEQ(0));
	pass_ms(RTT);
	inject(SYN | ACK, SEQ(0), ACK(1), MSS(SEG));
	expect(ACK, SEQ(1), ACK(1));
	return fd;
}

/* tcpi_delivery_rate_app_limited, which the C library's struct leaves out. */
static bool app_limited(int fd)
{
	struct tcp_info info = app_info(fd);

	return ((unsigned char *)&info)[7] & 1;
}

/* Less than a segment that a cork holds back: the application is the limit. */
WIRE_TEST(rate, app_limited__behind_a_cork, "A6 C4")
{
	static const bool corked[] = { true, false };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(corked); i++) {
		int fd, n;

		new_connection();
		fd = open_with_rtt();
		app_set(fd, IPPROTO_TCP, TCP_CORK, corked[i]);
		for (n = 0; n < 3; n++) {
			app_write(fd, corked[i] && !n ? SEG + SEG / 2 : SEG);
			expect(ACK, SEQ(1 + n * SEG), LEN(SEG));
			pass_ms(RTT);
			inject(ACK, ACK(1 + (n + 1) * SEG));
		}
		ensure_eq(app_limited(fd), true);
		end_case(fd);
	}
}

/* Two segments of one packet, acknowledged one by one: the rate is that of both. */
WIRE_TEST(rate, sample__of_a_packet_acknowledged_in_parts, "A6 C4 C10")
{
	int fd = open_with_rtt();

	app_write(fd, 2 * SEG);
	expect_bytes(1, 1 + 2 * SEG);
	pass_ms(RTT);
	inject(ACK, ACK(1 + SEG));
	pass_ms(RTT / 10);
	inject(ACK, ACK(1 + 2 * SEG));
	ensure_in(app_full_info(fd, NULL).delivery_rate, 17500, 18500);
}
