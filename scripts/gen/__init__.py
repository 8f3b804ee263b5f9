"""What gen_api.py and gen_docs.py are made of: reading, checking, expanding and printing the contract."""
