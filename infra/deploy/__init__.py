"""Deployment to an AWS account: the stack, Chalice's part, and what API Gateway is told after it."""
