# SPDX-License-Identifier: GPL-2.0
#
# Included by each test directory's Makefile after it has set TEST_GEN_PROGS,
# TEST_PROGS and CFLAGS; brings in kselftest's lib.mk. Products go to
# build/selftests/<directory>, which a virtual machine sees at the same path.

# Under sudo, "home" is that of the user who called it
OWNER := $(or $(SUDO_USER),$(shell id -un))
KSFT ?= $(or $(LTCP_CACHE),$(shell getent passwd $(OWNER) | cut -d: -f6)/.cache/ltcp)/kselftest
ifeq ($(wildcard $(KSFT)/lib.mk),)
$(error kselftest is not in $(KSFT): run scripts/setup first)
endif

TOP := $(realpath $(dir $(lastword $(MAKEFILE_LIST)))..)
OUTPUT ?= $(TOP)/build/selftests/$(notdir $(CURDIR))
$(shell mkdir -p $(OUTPUT))

CFLAGS += -I$(KSFT) -I$(TOP)/include -I$(TOP)/include/uapi -I$(TOP)/module

include $(KSFT)/lib.mk

# kselftest's runner would look for the file "settings" below its own directory.
export kselftest_override_timeout := $(shell sed -n 's/^timeout=//p' settings 2>/dev/null)

# The test programs' full paths, one to a line; read by scripts/test.
list:
	@printf '%s\n' $(TEST_GEN_PROGS) \
		$(addprefix $(CURDIR)/,$(TEST_PROGS))

.PHONY: list
