"""What surrounds the app: the CloudFormation stack and the local development server. Nothing here is part of
the Lambda zip.
"""
