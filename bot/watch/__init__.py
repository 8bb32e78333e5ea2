"""The watch: a mirror of the cluster's pods, and the deaths that its changes tell of.

`mirror` lists and watches. `detector` turns changes into findings: by `classifier` for what ended, by
`complaints` for what does not come up, by `removals` for what went. `shade` keeps them for a standby.
"""
