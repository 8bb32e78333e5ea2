"""The pod service: what may be asked of pods, whether this person may, and doing it.

`service` is the way in. `gate` asks the `policy` and writes the `audit`; `finder`, `workloads` and `reach`
say which pods are meant; every other module does one of the things that may be asked.
"""
