# homework 3
import numpy as np


def q1_kl(mu_1, sigma_1, mu_2, sigma_2):
    return np.log(sigma_1 / sigma_2) + (sigma_2**2 + (mu_1 - mu_2) ** 2) / (2 * sigma_1**2) - 0.5


def q4_jacobian():
    return np.array([[0, 0, -0.5], [0, -0.5, 0], [0.5, 0, 0])


def q4_stationary_point():
    return 0, 0, 0
