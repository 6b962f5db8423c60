"""Prints the cluster file for nodes whose keepalived.conf somebody wrote by hand. Nothing on them is changed.

With a cluster file that names the nodes, or with their names alone; the nodes must all be of one cluster:

    pyinfra inventory.py tasks/import.py --limit managers > managers.yml
    pyinfra server01,server02,server03 tasks/import.py > group_data/managers.yml

What is no part of the file are comments at its top: what it does not say, what is wrong, what a deploy would move.
Ends with 0, or with 1 where the file needs a hand before it can be used. See docs/moving-over.md.
"""

from keepalived import deploys

deploys.import_()
