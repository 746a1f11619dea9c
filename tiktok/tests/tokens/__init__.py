"""The laboratory of tokens: the product's own processes, and a TikTok whose tokens live for seconds.

``make storm`` lets many processes publish and poll while tokens rotate all the time, some TikTok users linked in two
instances; ``make refresh-kills`` kills processes in the middle of a refresh. docs/laboratory.md tells how to read it.
"""
