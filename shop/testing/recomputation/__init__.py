"""A second computation of what carts cost, to compare ``cart.pricing`` with.

It imports nothing of ``cart.pricing``, and computes with whole numbers: amounts in the smallest
unit of the currency, percentages in hundredths of a percent.
"""
