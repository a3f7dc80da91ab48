"""The primitives that have no row, and why."""

from ..table import WITHOUT

ADJOINT = "it is part of a gradient, and a model is exported forward only"
NO_OPERATOR = "ONNX has no such operator"

WITHOUT.update(
    dict.fromkeys(
        [
            "attend_adjoint",
            "avg_pool_input",
            "by_steps",
            "cofactors",
            "conv_weight",
            "drawn_gamma_slope",
            "gelu_gradient",
            "logits_adjoint",
            "max_pool_pick",
            "max_pool_route",
            "path_gradient",
            "silu_gradient",
            "softmax_adjoint",
            "standardize_gradients",
            "with_scaled_gradient",
        ],
        ADJOINT,
    )
)
WITHOUT.update(
    dict.fromkeys(
        [
            "digamma",
            "eigenpairs",
            "eigenvalues",
            "eliminated",
            "erfcx",
            "erfinv",
            "gcd",
            "i0",
            "i0e",
            "i1",
            "i1e",
            "inverse",
            "lcm",
            "lgamma",
            "log_determinant",
            "log_ndtr",
            "lower_factor",
            "lower_gamma",
            "ndtri",
            "nextafter",
            "path_losses",
            "polygamma_n",
            "pseudoinverse",
            "right_factor",
            "singular_factors",
            "singular_values",
            "solution",
            "tall_factors",
            "triangular_solution",
            "upper_gamma",
            "zeta",
        ],
        NO_OPERATOR,
    )
)
WITHOUT["drawn_gamma"] = "a sample is a constant of a model"
WITHOUT["strided_view"] = "ONNX has no memory to step through; write it with reshape, unfold or indices"
WITHOUT["recurrence"] = "ONNX has running sums only; a running product of positive numbers is exp(cumsum(log(x)))"
WITHOUT["projected_lstm"] = "ONNX's LSTM has no projection; use one without proj_size"
WITHOUT["among"] = "which elements are distinct depends on the inputs, which a model does not look at"
