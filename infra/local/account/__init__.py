"""An AWS account on this machine that takes a deployment and serves it: moto, and what moto lacks for that."""
