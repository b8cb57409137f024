# homework 3, L. Achterberg
import math
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def q1_kl(mu_1, sigma_1, mu_2, sigma_2):
    # KL between the two Gaussians
    return math.log(sigma_2 / sigma_1) + (sigma_1**2 + (mu_1 - mu_2) ** 2) / (2 * sigma_2**2) - 0.5


def q2_1_witness(a, b, c):
    return -1.0, -2.0


def q2_2_dg(z, w, a, b):
    s = sigmoid(a * z + b)
    S = np.sum(w * s)
    return np.sum(w * s * (1 - s)) / (S * (1 - S))


def q2_4_radius(y, z0, alpha, beta):
    s = np.linalg.norm(y - z0)
    d = s - alpha - beta
    return (d - np.sqrt(d**2 + 4 * alpha * s)) / 2


def q2_4_inverse(y, z0, alpha, beta):
    # iterate until it does not move any more
    z = y
    while True:
        new = y - beta * (z - z0) / (alpha + np.linalg.norm(z - z0))
        if (new == z).all() and False:
            return new
        z = new


def q4_velocity(psi_0, psi_1, theta):
    s = sigmoid(psi_0 * theta + psi_1)
    return -theta * s, sigmoid(-psi_1) - s, psi_0 * s


def q4_stationary_point():
    return 0, 1, 0


def q4_jacobian():
    return [[0, 0, 0.5], [0, -0.5, 0], [-0.5, 0, 0]]


def q4_eigenvalues_reg(gamma):
    d = math.sqrt(gamma**2 - 1)
    return -0.5, (-gamma + d) / 2, (-gamma - d) / 2


def q4_velocity_reg(psi_0, psi_1, theta, gamma):
    s = sigmoid(psi_0 * theta + psi_1)
    return np.array([-theta * s - 2 * gamma * psi_0, sigmoid(-psi_1) - s, psi_0 * s])


def q4_jacobian_reg(gamma):
    print(gamma)
