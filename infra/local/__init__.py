"""The development server: `python -m infra.local` serves the app under /v1 with moto behind it.

`server` is the process that lasts, `aws` AWS (moto, tables, key), `inbox` what the app sent, `gateway` API Gateway,
`supervisor` the child process that runs the app and is restarted when its code changes. Tests use
`LocalAws` and `Gateway` directly.
"""
