# The front door. Meson and Ninja do the work; see HACKING.md.
BUILD ?= build
export PKG_CONFIG_PATH := $(CURDIR)/.deps/lib/pkgconfig:$(PKG_CONFIG_PATH)
export PATH := $(CURDIR)/.deps/node/bin:$(PATH)

.PHONY: help build web demo test check clean

help:
	@echo 'make demo          build, play a recorded session through the cart, serve http://localhost:8080'
	@echo 'make demo CHECK=1  the same, then exit 0 only when basket and truth agree'
	@echo 'make test          everything: unit, tape interchange, scenario, determinism, fuzz corpora, screen'
	@echo 'make check         both compilers, sanitizers, clang-tidy, formatting'
	@echo 'make build         the three programs, in $(BUILD)/'
	@echo 'make clean'

build:
	@tools/install-deps
	@test -e $(BUILD)/build.ninja || meson setup $(BUILD) >/dev/null
	@ninja -C $(BUILD) --quiet

web: web/dist/index.html
web/dist/index.html: $(shell find web/src web/public web/index.html -type f) web/package-lock.json
	@cd web && npm ci --silent --no-audit --no-fund && npm run --silent build

demo: build web
	@BUILD=$(BUILD) tools/demo $(if $(CHECK),--check)

test:
	@tools/install-deps test
	@BUILD=$(BUILD) tools/test

check:
	@tools/install-deps test
	@tools/check

clean:
	rm -rf $(BUILD) build-* web/dist
