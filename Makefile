# Thin names for what xtask does. `make run KUBECONFIG=file` uses that cluster instead of the sandbox; a KUBECONFIG of
# the environment is not taken, so that `make run` never touches a cluster by accident.
.PHONY: run test bench check site sandbox clean-state

run:
	cargo xtask run $(if $(filter command,$(firstword $(origin KUBECONFIG))),--kubeconfig '$(KUBECONFIG)')

test:
	cargo xtask test

bench:
	cargo bench -p domain --bench pod

check:
	cargo fmt --all --check
	cargo clippy --workspace --exclude xtask --all-targets -- -D warnings

site:
	cargo xtask site

sandbox:
	cargo xtask sandbox

# What the sandbox and the console keep between runs; end them first.
clean-state:
	rm -rf target/sandbox/state target/sandbox/state.log target/console
