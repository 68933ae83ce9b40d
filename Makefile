# SPDX-License-Identifier: GPL-2.0
#
# ltcp, a loadable TCP for Linux. "make help" tells the targets; the work is
# done by Kbuild (the module) and scripts/ (everything else).

KERNELS := 6.1 6.12

# The running kernel's headers, else the newest ones installed.
KDIR ?= $(firstword $(wildcard /lib/modules/$(shell uname -r)/build) \
	$(shell ls -dvr /lib/modules/*/build 2>/dev/null))

all:			## build ltcp.ko for this machine (KDIR=, W=1, C=1 as usual)
	@test -e "$(KDIR)/Makefile" || { echo "No kernel headers: install them with" \
		"'apt install linux-headers-$$(uname -r)', or run scripts/setup" \
		"for those of the test kernels." >&2; exit 1; }
	@test "$(origin KDIR)" != file -o -e /lib/modules/$$(uname -r)/build || echo "No headers" \
		"of Linux $$(uname -r), which is running: building for $(KDIR)." >&2
	+@version=$$($(MAKE) -s --no-print-directory -C $(KDIR) kernelversion) && \
	case $$version in 6.[1-9]|6.[1-9].*|6.1[0-2]|6.1[0-2].*) ;; \
	*)	echo "ltcp builds for Linux 6.1 to 6.12, not yet for $$version." >&2; exit 1 ;; \
	esac
	+@$(MAKE) --no-print-directory -C $(KDIR) M=$(CURDIR) modules

modules: $(KERNELS:%=modules-%) ## build build/<kernel>/ltcp.ko for each test kernel
$(KERNELS:%=modules-%): modules-%:
	+@scripts/build-module $*

run:			## show ltcp at work in a virtual machine (KERNEL=)
	@scripts/setup
	+@scripts/build-module $(or $(KERNEL),6.12)
	@scripts/run

test:			## run every test on every test kernel; ends with the counts
	@scripts/setup
	@scripts/test

bench:			## measure ltcp beside the built-in TCP (KERNEL=)
	@scripts/setup
	+@scripts/build-module $(or $(KERNEL),6.12)
	@scripts/bench

grid:			## ltcp beside the built-in TCP on lossy, long and slow paths (KERNEL=)
	@scripts/setup
	+@scripts/build-module $(or $(KERNEL),6.12)
	@scripts/grid

trace:			## draw what congestion control does, from the tracepoints (KERNEL=, OUT=)
	@scripts/setup
	+@scripts/build-module $(or $(KERNEL),6.12)
	@scripts/trace $(if $(OUT),--out $(OUT))

kselftest:		## the kernel's own network tests over both TCPs (KERNEL=)
	@scripts/setup --kselftest $(or $(KERNEL),6.12)
	+@scripts/build-module $(or $(KERNEL),6.12)
	@scripts/kselftest

cpython:		## CPython's own network tests over both TCPs (KERNEL=)
	@scripts/setup --cpython
	+@scripts/build-module $(or $(KERNEL),6.12)
	@scripts/cpython

coverage:		## which lines of the module the tests execute (KERNEL=)
	@scripts/setup
	@scripts/coverage $(if $(KERNEL),--kernel $(KERNEL))

debug-kernel:		## build the kernel that watches memory and locks (minutes, once)
	@scripts/debug-kernel

debug-test:		## run the tests on it; any report of the kernel is a failure
	@scripts/setup
	@scripts/debug-test

fuzz:			## spoilt segments and system calls for SECONDS, on such kernels
	@scripts/setup
	@scripts/fuzz --seconds $(or $(SECONDS),3600)

shell:			## a root shell in a virtual machine with ltcp loaded (KERNEL=, MODE=)
	@scripts/setup
	+@scripts/build-module $(or $(KERNEL),6.12)
	@MODE=$(or $(MODE),smp) scripts/vm --load --interactive

install uninstall load unload: ## ltcp.ko on this machine; install: by DKMS, for later kernels, too
	@scripts/module $@

clean:			## remove everything that was built
	@rm -rf build ltcp.ko ltcp.o ltcp.mod ltcp.mod.* .ltcp.* Module.symvers \
		modules.order .modules.order.cmd .Module.symvers.cmd .module-common.* \
		..module-common.*
	@find module \( -name '*.o' -o -name '.*.cmd' -o -name '.*.d' \) -delete

help:			## this list
	@awk -F ':.*## ' '/^[a-z].*## / { sub(/:.*/, "", $$1); \
		printf "  make %-20s %s\n", $$1, $$2 }' Makefile

.PHONY: all modules $(KERNELS:%=modules-%) run test bench grid trace kselftest cpython coverage \
	debug-kernel debug-test fuzz shell load unload install uninstall clean help
