# Yueting. `make` alone lists the targets.
# Options: ARGS='..' is handed to the program (demo, bench); FUZZ_SECONDS=N (fuzz); CARGO_TARGET_DIR is honoured.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

export PATH := $(PATH):$(or $(CARGO_HOME),$(HOME)/.cargo)/bin
# Empty where the pinned toolchain is installed under its own name.
TOOLCHAIN := $(shell scripts/setup --print-toolchain)
ifneq ($(TOOLCHAIN),)
export RUSTUP_TOOLCHAIN := $(TOOLCHAIN)
endif

# One set of packages and features for every command below: with another set cargo would build much of the tree,
# slint included, a second time.
ALL := --workspace --features rfid-driver/serial,rfid-driver/emulator,peripherals/serial,peripherals/emulator,supervision/console,kiosk/mqtt --locked
# The crates that must also build without any feature, that is without I/O.
PURE := -p rfid-driver -p peripherals -p sync-client -p supervision --lib --no-default-features --locked

# All that is written by hand. What Slint's compiler makes would keep clippy busy for five minutes, and rustdoc as well.
WRITTEN := --exclude ui-pages

# Where cargo puts what it builds, asked by the recipe's shell (which knows the toolchain, as $(shell) does not).
TARGET = $$(cargo metadata --no-deps --format-version 1 --offline | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')

# $(call stage,NAME,COMMAND): runs it and notes the time for the summary of `make test`.
STAGES := $(shell mktemp -u -t yueting-stages.XXXXXX)
define stage
@printf '\n==> %s\n' '$(1)'; \
 start=$$(date +%s); status=0; \
 ( $(2) ) || status=$$?; \
 printf '%6d s  %s%s\n' $$(( $$(date +%s) - start )) '$(1)' "$$( [[ $$status -eq 0 ]] || echo '   FAILED')" >> $(STAGES); \
 if [[ $$status -ne 0 ]]; then printf '\n==> times\n'; cat $(STAGES); rm -f $(STAGES); exit $$status; fi
endef

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: setup
setup: ## install what is missing (Debian packages, the Rust toolchain)
	@scripts/setup

.PHONY: demo
demo: setup ## central, an emulated reader and the kiosk: in a window, or as a story with pictures in demo-out/
	cargo build $(ALL) --bins
	"$(TARGET)/debug/kiosk" demo --out demo-out $(ARGS)

.PHONY: test
test: stage-setup stage-fmt stage-clippy stage-pure stage-doc stage-doctest stage-programs stage-test ## everything that must pass before a commit
	@printf '\n==> times\n'; cat $(STAGES); rm -f $(STAGES)
	@printf '\nmake test: all stages passed\n'

.PHONY: lint
lint: stage-clippy stage-pure ## clippy, warnings denied
	@rm -f $(STAGES)

.PHONY: fmt
fmt: ## format the Rust sources
	cargo fmt --all

.PHONY: doc
doc: stage-doc ## the API documentation, warnings denied
	@rm -f $(STAGES); printf 'see %s\n' "$(TARGET)/doc/kiosk/index.html"

.PHONY: audit
audit: ## licences, bans and sources of all dependencies; advisories where their database can be had
	@command -v cargo-deny > /dev/null || cargo install --locked cargo-deny
	cargo deny --locked check licenses bans sources
	@if cargo deny fetch db; then cargo deny --locked check --disable-fetch advisories; \
	 else printf '\nmake audit: ADVISORIES NOT CHECKED: their database could not be fetched (see above)\n'; fi

.PHONY: bench
bench: setup ## the benches, in release mode
	cargo build --release $(ALL) --bins
	cargo bench -p circulation --locked --bench reconcile
	cargo bench -p rfid-driver --features serial,emulator --locked --benches
	cargo bench -p sync-client --features ledger,sip2,mirror --locked --bench append --bench sip2 --bench mirror
	cargo bench -p central --locked --bench drain --bench checkout --bench district --bench search --bench sheet
	cargo bench -p ui --locked --bench screen
	cargo bench -p tests --locked --benches $(if $(ARGS),-- $(ARGS))

# The profile of the tests: nothing of the screen is compiled a second time. ARGS='--visits 500 --kills 50' is a short one.
.PHONY: soak
soak: setup ## 10,000 visits with faults and 1,000 pulled plugs; what was lost, doubled, left open
	cargo build $(ALL) --bins
	cargo bench -p tests --profile dev --features rfid-driver/serial,rfid-driver/emulator --locked --bench soak $(if $(ARGS),-- $(ARGS))

NIGHTS ?= 100000
.PHONY: nights
nights: setup ## NIGHTS=100000 random nights of the return slot; a night that fails tells its story
	YUETING_NIGHTS=$(NIGHTS) cargo test --release -p slot --locked -- --nocapture nights

# A minute for each target; what is new goes to fuzz/found, and from there with `cargo fuzz cmin` into the corpus. Built
# once, and run without cargo, which would look for changes before each. A crash stops its own target only.
FUZZ_SECONDS ?= 60
.PHONY: fuzz
fuzz: ## each fuzz target for FUZZ_SECONDS=60, from the committed corpus; needs a nightly toolchain
	@command -v cargo-fuzz > /dev/null || cargo +nightly install --locked cargo-fuzz
	cargo +nightly fuzz build
	@built=$$(cargo metadata --manifest-path fuzz/Cargo.toml --no-deps --format-version 1 --offline 2> /dev/null \
	  | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')/$$(rustc +nightly -vV | sed -n 's/^host: //p')/release; \
	failed=; \
	for target in $$(cargo +nightly fuzz list 2> /dev/null); do \
	  printf '\n==> %s\n' "$$target"; \
	  mkdir -p "fuzz/found/$$target" "fuzz/artifacts/$$target"; \
	  "$$built/$$target" "fuzz/found/$$target" "fuzz/corpus/$$target" -artifact_prefix="fuzz/artifacts/$$target/" \
	    -max_total_time=$(FUZZ_SECONDS) -max_len=2048 -timeout=5 -verbosity=0 -print_funcs=0 \
	    -print_final_stats=1 2>&1 | sed '/# Recommended dictionary/,/# End of/d' || failed+=" $$target"; \
	done; \
	if [[ -n $$failed ]]; then printf '\nmake fuzz: crashes, in fuzz/artifacts:%s\n' "$$failed"; exit 1; fi

.PHONY: package
package: setup ## a Debian package of the kiosk, in dist/ (release build; ARGS as for scripts/package)
	scripts/package $(ARGS)

.PHONY: clean
clean: ## remove all that was built
	cargo clean
	rm -rf demo-out dist

# The stages run one after the other, also under `make -j`: each would wait for cargo's lock anyway.
.NOTPARALLEL:

.PHONY: stage-setup stage-fmt stage-clippy stage-pure stage-doc stage-doctest stage-programs stage-test
stage-setup:
	$(call stage,setup,scripts/setup)

stage-fmt:
	$(call stage,format,cargo fmt --all --check)

stage-clippy:
	$(call stage,clippy,cargo clippy $(ALL) $(WRITTEN) --no-deps --all-targets -- -D warnings)

stage-pure:
	$(call stage,clippy without features,cargo clippy $(PURE) -- -D warnings)

stage-doc:
	$(call stage,documentation,RUSTDOCFLAGS='-D warnings' cargo doc $(ALL) $(WRITTEN) --no-deps)

stage-doctest:
	$(call stage,documentation tests,cargo test $(ALL) --doc)

# The end-to-end tests start the programs themselves. Built together with the tests, they have the same features: apart from
# them half of our crates would be compiled twice.
stage-programs:
	$(call stage,programs and tests,cargo build $(ALL) --bins --tests)

# One PostgreSQL around all of them: under nextest each test is a process, and would start one of its own.
stage-test:
	$(call stage,tests,if cargo nextest --version > /dev/null 2>&1; \
	  then scripts/test-postgres cargo nextest run $(ALL) --no-fail-fast; \
	  else scripts/test-postgres cargo test $(ALL) --lib --bins --tests --examples --no-fail-fast; fi)
