"""`make load`: many clients that sign in at the same time, on the deployed zip and Amazon's own DynamoDB engine."""
