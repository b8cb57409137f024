"""Homework 3, final answers as SymPy expressions."""

import sympy as sp

# question 1
mu_1, mu_2 = sp.symbols("mu_1 mu_2", real=True)
sigma_1, sigma_2 = sp.symbols("sigma_1 sigma_2", positive=True)
x = sp.Symbol("x", real=True)
log_ratio = sp.log(sigma_1 / sigma_2) + (x - mu_1) ** 2 / (2 * sigma_1**2) - (x - mu_2) ** 2 / (2 * sigma_2**2)
moments = {2: mu_2**2 + sigma_2**2, 1: mu_2, 0: 1}
q1_kl = sum(c * moments[k] for (k,), c in sp.Poly(sp.expand(log_ratio), x).terms())

# question 2.1: only for b != 0
a, b, c = sp.symbols("a b c", real=True)
q2_1_witness = (-(c + 1) / b, -(c + 2) / b)

# question 2.4, in one dimension
y, z0, alpha, beta = sp.symbols("y z0 alpha beta", real=True)
s = sp.Abs(y - z0)
q2_4_radius = (s - alpha - beta + sp.sqrt((s - alpha - beta) ** 2 + 4 * alpha * s)) / 2
q2_4_inverse = z0 + (y - z0) / (1 + beta / (alpha + q2_4_radius))

# question 4
psi_0, psi_1, theta, gamma = sp.symbols("psi_0 psi_1 theta gamma", real=True)


def sigma(t):
    return 1 / (1 + sp.exp(-t))


L = sp.log(sigma(psi_1)) + sp.log(sigma(-(psi_0 * theta + psi_1)))
variables = [psi_0, psi_1, theta]
zero = {v: 0 for v in variables}
q4_velocity = sp.Matrix([sp.diff(L, psi_0), sp.diff(L, psi_1), -sp.diff(L, theta)])
q4_stationary_point = sp.Matrix([0, 0, 0])
q4_jacobian = q4_velocity.jacobian(variables).subs(zero)
q4_eigenvalues = [value for value, times in q4_jacobian.eigenvals().items() for _ in range(times)]
q4_velocity_reg = q4_velocity - sp.Matrix([gamma * psi_0, 0, 0])
q4_jacobian_reg = q4_velocity_reg.jacobian(variables).subs(zero)
q4_eigenvalues_reg = [value for value, times in q4_jacobian_reg.eigenvals().items() for _ in range(times)]
