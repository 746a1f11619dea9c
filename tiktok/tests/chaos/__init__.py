"""The laboratory: the product's own processes against the simulator, in bad weather, killed, frozen and flushed.

``make chaos POSTS=100 SEED=1 SETUP=embedded|services FREEZE=0|1`` submits posts through the services that pages and the
API call, lets worker processes publish them while one of them is killed every two seconds, and then compares what
TikTok saw with what the product says. docs/laboratory.md tells how to read it.
"""
