# Thin names for what xtask does. `make run KUBECONFIG=file` uses that cluster instead of the sandbox; a KUBECONFIG of
# the environment is not taken, so that `make run` never touches a cluster by accident.
.PHONY: run test bench check site size sandbox screenshots clean-state

run:
	cargo xtask run $(if $(filter command,$(firstword $(origin KUBECONFIG))),--kubeconfig '$(KUBECONFIG)')

test:
	cargo xtask test

bench:
	cargo xtask bench

check:
	cargo fmt --all --check
	cargo clippy --workspace --exclude xtask --all-targets -- -D warnings

site:
	cargo xtask site

# What a first visit to each page loads; builds the site where it is not current.
size: site

sandbox:
	cargo xtask sandbox

# Every page and designed state, in both themes and three widths; those of the README too.
screenshots:
	cargo xtask screenshots

# What the sandbox and the console keep between runs; end them first.
clean-state:
	rm -rf target/sandbox/state target/sandbox/state.log target/console
