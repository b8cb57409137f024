# Devoir 3, réponses en PyTorch (J. Tremblay-Osei)
import torch
import torch.nn.functional as F
from torch.distributions import Normal, kl_divergence


def q1_kl(mu_1, sigma_1, mu_2, sigma_2):
    return kl_divergence(Normal(mu_2, sigma_2), Normal(mu_1, sigma_1))


def q2_2_dg(z, w, a, b):
    """g'(z) par différentiation automatique."""
    z = z.detach().clone().requires_grad_(True)
    g = torch.logit(torch.sum(w * torch.sigmoid(a * z + b)))
    (slope,) = torch.autograd.grad(g, z)
    return slope


def q2_4_radius(y, z0, alpha, beta):
    s = torch.linalg.vector_norm(y - z0, dim=-1)
    d = s - alpha - beta
    return (d + torch.sqrt(d**2 + 4 * alpha * s)) / 2


def q2_4_inverse(y, z0, alpha, beta):
    r = q2_4_radius(y, z0, alpha, beta)
    return z0 + r * F.normalize(y - z0, dim=-1)


def loss(w):
    """L(psi_0, psi_1, theta) du jeu."""
    return F.logsigmoid(w[1]) + F.logsigmoid(-(w[0] * w[2] + w[1]))


SIGNS = torch.tensor([1.0, 1.0, -1.0], dtype=torch.float64)


def field(w):
    """Ascension pour psi, descente pour theta."""
    return SIGNS * torch.func.grad(loss)(w)


def q4_velocity(psi_0, psi_1, theta):
    w = torch.stack([psi_0, psi_1, theta], dim=-1)
    return torch.vmap(field)(w) if w.dim() > 1 else field(w)


def q4_stationary_point():
    return torch.zeros(3)


def q4_jacobian():
    return torch.func.jacrev(field)(torch.zeros(3, dtype=torch.float64))


def q4_eigenvalues():
    return torch.linalg.eigvals(q4_jacobian())


def q4_velocity_reg(psi_0, psi_1, theta, gamma):
    v = q4_velocity(psi_0, psi_1, theta)
    return v - torch.stack([gamma * psi_0, torch.zeros_like(psi_0), torch.zeros_like(psi_0)], dim=-1)


def q4_jacobian_reg(gamma):
    corner = torch.zeros(3, 3, dtype=torch.float64)
    corner[0, 0] = 1.0
    return q4_jacobian() - gamma[..., None, None] * corner


def q4_eigenvalues_reg(gamma):
    return torch.linalg.eigvals(q4_jacobian_reg(gamma))
