"""The pages of instances and of the people in them."""
