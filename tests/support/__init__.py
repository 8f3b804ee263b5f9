"""What the tests and scripts/start share: private servers, our programs as children, the contract."""
