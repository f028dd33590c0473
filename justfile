# The everyday commands. Each is a plain command that works without `just`; `.ci/run` calls the same ones.

# List the commands
default:
    @just --list

# See it all at once: HTTPS, bundled reviews, verdicts
demo:
    cargo run --release -- demo --once

# Every test; the first run builds a kube-apiserver with Go (set KUBEBUILDER_ASSETS to use yours)
test:
    cargo test

# Format, lints, documentation
lint:
    cargo fmt --check
    cargo clippy --all-targets --locked -- -D warnings
    RUSTDOCFLAGS='-D warnings' cargo doc --no-deps --locked

# Licences, sources, duplicates (cargo install --locked cargo-deny)
deny:
    cargo deny --locked check bans licenses sources

# Known vulnerabilities; fetches the RustSec database, so not part of `.ci/run`
advisories:
    cargo deny --locked check advisories

# Speed, memory and start-up, beside a bare server that decides nothing
bench:
    cargo bench

# Creates per second through a real API server: alone, with arrears, with the bare server, with a policy instead
bench-apiserver:
    cargo bench --bench apiserver

# Renew the committed definitions of the arrears.dev kinds
crds:
    cargo run -- manifests crds --out manifests/crds

# Renew manifests/ and the chart's definitions, from the chart and from manifests/crds
manifests: crds
    ARREARS_RENEW_MANIFESTS=1 cargo test --test chart currency::

# Renew docs/matrix.md and the transcripts in README.md
docs:
    ARREARS_RENEW_DOCS=1 cargo test --test docs

# The container image
image tag="arrears:dev":
    docker build --tag {{tag}} .

# All that must hold before a change lands
ci:
    bash .ci/run
