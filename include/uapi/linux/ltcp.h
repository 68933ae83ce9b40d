/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What a program may know of ltcp.
 *
 * A program needs none of this: where net.ltcp.takeover is 1 its ordinary
 * sockets run over ltcp. The number below asks for ltcp by name, in any
 * namespace:  socket(AF_INET, SOCK_STREAM, IPPROTO_LTCP).
 */
#ifndef _UAPI_LINUX_LTCP_H
#define _UAPI_LINUX_LTCP_H

/*
 * The protocol argument of socket(2). One of the two numbers that RFC 3692
 * sets aside for experiments; it never appears on the wire, where ltcp is
 * protocol 6 as every TCP is.
 */
#define IPPROTO_LTCP	253

#endif
