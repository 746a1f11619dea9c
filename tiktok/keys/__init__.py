"""The key ring and what lies in the database under it: counted, checked, written anew."""
