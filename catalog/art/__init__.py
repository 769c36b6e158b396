"""How the Larkfield packs are shaped and painted. make_catalog.py is the way in."""
