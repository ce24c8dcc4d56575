"""How much a company looks like a tenant's customers: pure, and meant to be read in this order.

1. `factors` names what is compared, and how much each counts until there is something to fit to.
2. `traits` reads what is compared out of a profile; `words`, `industries` and `places` read the text in it.
3. `kernels` compares: two values of a trait give a similarity from 0 to 1.
4. `columns` and `terms` keep the traits of all customers so that one company is compared to all of them at once.
5. `nearest` says which customers are the nearest, and how near they are together.
6. `fitting` fits the weights of the factors, `calibration` turns similarity into a score, `building` does all of it.
7. `comparing` scores a company; `lines`, `neighbours` and `explaining` say why.

`model` is what all of it works on, `archive` writes it down, and `baseline` makes up companies for tenants who know
few. Nothing here does I/O or asks for the time.
"""
