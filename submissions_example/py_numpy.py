"""IFT6135 A2022, homework 3: the final answers in NumPy. All functions broadcast unless they say otherwise."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# Question 1


def q1_kl(mu_1, sigma_1, mu_2, sigma_2):
    """KL[q||p] with p = N(mu_1, sigma_1^2) and q = N(mu_2, sigma_2^2)."""
    return np.log(sigma_1 / sigma_2) + (sigma_2**2 + (mu_2 - mu_1) ** 2) / (2 * sigma_1**2) - 1 / 2


# Question 2


def q2_1_witness(a, b, c):
    """Two points with b z + c = -1 and -2, where the ReLU is zero; any two points if b = 0."""
    b = np.asarray(b, dtype=float)
    slope = np.where(b == 0, 1.0, b)
    return np.where(b == 0, 0.0, (-c - 1) / slope), np.where(b == 0, 1.0, (-c - 2) / slope)


def q2_2_dg(z, w, a, b):
    """g'(z) = S'/(S (1 - S)) for one z and the N parameters of the mixture."""
    s = sigmoid(a * z + b)
    mean = np.sum(w * s)
    return np.sum(w * a * s * (1 - s)) / (mean * (1 - mean))


def q2_4_radius(y, z0, alpha, beta):
    """The positive root of r^2 + (alpha + beta - s) r - alpha s = 0, s = |y - z0|."""
    s = np.linalg.norm(y - z0, axis=-1)
    half = (s - alpha - beta) / 2
    return half + np.sqrt(half**2 + alpha * s)


def q2_4_inverse(y, z0, alpha, beta):
    r = np.asarray(q2_4_radius(y, z0, alpha, beta))[..., None]
    return z0 + (y - z0) / (1 + np.asarray(beta)[..., None] / (np.asarray(alpha)[..., None] + r))


# Question 3


def q3_b_terms(x0, q, p_T, p):
    """Reconstruction, the T - 1 divergences for t = 2..T, and the prior's divergence."""
    steps, states = q.shape[:2]
    marginal = [np.eye(states)[x0]]  # q(x_t | x_0)
    for t in range(steps):
        marginal.append(marginal[-1] @ q[t])
    divergences = []
    for t in range(2, steps + 1):
        joint = marginal[t - 1][:, None] * q[t - 1]  # q(x_{t-1}, x_t | x_0)
        posterior = joint / marginal[t]
        divergences.append(np.sum(joint * np.log(posterior / p[t - 1].T)))
    reconstruction = marginal[1] @ np.log(p[0, :, x0])
    prior = marginal[-1] @ np.log(marginal[-1] / p_T)
    return reconstruction, np.array(divergences), prior


# Question 4


def q4_velocity(psi_0, psi_1, theta):
    s = sigmoid(psi_0 * theta + psi_1)
    return np.stack([-theta * s, sigmoid(-psi_1) - s, psi_0 * s], axis=-1)


def q4_stationary_point():
    return np.zeros(3)


def q4_jacobian():
    return np.array([[0, 0, -0.5], [0, -0.5, 0], [0.5, 0, 0]])


def q4_eigenvalues():
    return np.linalg.eigvals(q4_jacobian())


def q4_velocity_reg(psi_0, psi_1, theta, gamma):
    v = q4_velocity(psi_0, psi_1, theta)
    v[..., 0] -= gamma * psi_0
    return v


def q4_jacobian_reg(gamma):
    gamma = np.asarray(gamma, dtype=float)
    out = np.broadcast_to(q4_jacobian(), (*gamma.shape, 3, 3)).copy()
    out[..., 0, 0] = -gamma
    return out


def q4_eigenvalues_reg(gamma):
    return np.linalg.eigvals(q4_jacobian_reg(gamma))


if __name__ == "__main__":
    print(q1_kl(0.0, 1.0, 1.0, 2.0))
    print(q4_eigenvalues())
