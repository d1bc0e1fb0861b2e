"""The suite on a cluster of containers: what `docker-compose.yml` and `make cluster-*` run."""
