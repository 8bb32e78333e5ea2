"""What the API server prints when asked for a Table: columns and cells as `kubectl get` of a current release
shows.
"""
