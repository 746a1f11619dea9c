"""Notices: written with what they tell, shown in the frame's bell, mailed in digests."""
