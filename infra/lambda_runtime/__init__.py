"""AWS Lambda and API Gateway for what `make package` wrote: `python -m infra.lambda_runtime build/dev` serves it.

The zip runs as it is deployed: unpacked, by the runtime client that Lambda itself uses (awslambdaric), in processes
that can import nothing else. Behind them is the development server's AWS. Tests and `make bench` use it; it is not part
of what is deployed.
"""
