"""The operators that there must be, by family; a star says that it is a method of Tensor too."""

FAMILIES = {
    "unary": """
        abs* acos* acosh* asin* asinh* atan* atanh* ceil* cos* cosh* deg2rad* rad2deg* erf* erfc* exp* exp2*
        expm1* floor* frac* frexp* log* log10* log1p* log2* logit* neg* positive* reciprocal* round* rsqrt* sgn*
        sigmoid* sign* signbit* sin* sinc* sinh* sqrt* square* tan* tanh* trunc* nan_to_num* isnan* isinf*
        isfinite* isneginf* isposinf* bitwise_not* logical_not* clone*
    """,
    "unary-special": """
        digamma* erfinv* lgamma* i0* igamma* igammac* polygamma* mvlgamma* special.entr special.ndtr
        special.log_ndtr special.zeta special.i0e special.i1 special.i1e special.erfcx special.ndtri
    """,
    "binary": """
        add* sub* rsub mul* div* true_divide* floor_divide* pow* float_power* remainder* fmod* maximum*
        minimum* fmax* fmin* atan2* hypot* copysign* logaddexp* logaddexp2* xlogy* special.xlog1py
        heaviside* ldexp* eq* ne* lt* le* gt* ge* isclose* allclose* equal* logical_and* logical_or*
        logical_xor* bitwise_and* bitwise_or* bitwise_xor* bitwise_left_shift* bitwise_right_shift* gcd*
        lcm* lerp* addcmul* addcdiv* clamp* clamp_min* clamp_max* where* dist* nextafter* __radd__ __rsub__
        __rmul__ __rdiv__ __rpow__ __rmod__ __rand__ __ror__ __rxor__
    """,
    "reduction": """
        sum* mean* prod* max* min* amax* amin* aminmax* argmax* argmin* all* any* std* var* std_mean
        var_mean logsumexp* norm* nansum* nanmean* median* nanmedian* mode* kthvalue* quantile* nanquantile*
        count_nonzero* cumsum* cumprod* cummax* cummin* logcumsumexp* trace* softmax* log_softmax* diff*
        trapezoid cumulative_trapezoid cov* corrcoef* gradient
    """,
    "shape": """
        reshape* reshape_as* view* view_as* flatten* unflatten* ravel* squeeze* unsqueeze* expand*
        expand_as* broadcast_to* broadcast_tensors transpose* t* T mT permute* movedim* cat stack hstack
        vstack dstack column_stack split* split_with_sizes* chunk* tensor_split* hsplit* vsplit* dsplit*
        unbind* repeat* repeat_interleave* tile* roll* flip* fliplr* flipud* rot90* narrow* select* diag*
        diagonal* diag_embed* diagflat* tril* triu* atleast_1d atleast_2d atleast_3d meshgrid contiguous*
        block_diag unfold* cartesian_prod combinations constant_pad_nd
    """,
    "indexing": """
        __getitem__ gather* scatter* scatter_add* scatter_reduce* index_select* index_add* index_copy*
        index_fill* index_put* index_reduce* take* take_along_dim* masked_fill* masked_select*
        masked_scatter* put* nonzero* argwhere* sort* topk* argsort* msort* searchsorted bucketize unique*
        unique_consecutive* select_scatter* slice_scatter* diagonal_scatter* bincount* histc* histogram* isin
        unravel_index
    """,
    "matmul": """
        matmul* __rmatmul__ mm* bmm* mv* dot* vdot* outer* inner* addmm* addmv* addbmm* baddbmm* addr*
        einsum tensordot kron* cross* cdist linalg.multi_dot linalg.matrix_power linalg.vecdot
    """,
    "linalg": """
        linalg.det linalg.slogdet linalg.inv linalg.solve linalg.cholesky cholesky* linalg.norm
        linalg.vector_norm linalg.matrix_norm linalg.eigh linalg.eigvalsh linalg.svd linalg.svdvals
        linalg.qr linalg.pinv linalg.solve_triangular linalg.cross linalg.diagonal linalg.vander logdet*
        linalg.matrix_rank linalg.lstsq linalg.tensorinv linalg.cond
    """,
    "creation": """
        zeros ones full empty zeros_like ones_like full_like empty_like rand_like randn_like randint_like
        randn randint arange linspace logspace eye new_zeros* new_ones* new_full* new_empty* tril_indices
        triu_indices scalar_tensor normal bernoulli* multinomial* fill
    """,
    "dtype": """
        float* double* int* long* bool* half* item
    """,
    "nn.conv": """
        nn.functional.conv1d nn.functional.conv2d nn.functional.conv3d nn.functional.conv_transpose1d
        nn.functional.conv_transpose2d nn.functional.conv_transpose3d nn.functional.unfold
        nn.functional.linear nn.functional.bilinear nn.functional.embedding nn.functional.embedding_bag
        nn.functional.one_hot nn.functional.scaled_dot_product_attention
        nn.functional.multi_head_attention_forward
    """,
    "nn.pool": """
        nn.functional.avg_pool1d nn.functional.avg_pool2d nn.functional.avg_pool3d nn.functional.max_pool1d
        nn.functional.max_pool2d nn.functional.max_pool3d nn.functional.adaptive_avg_pool1d
        nn.functional.adaptive_avg_pool2d nn.functional.adaptive_avg_pool3d
        nn.functional.adaptive_max_pool1d nn.functional.adaptive_max_pool2d nn.functional.max_unpool1d
        nn.functional.max_unpool2d nn.functional.pad nn.functional.interpolate nn.functional.pixel_shuffle
        nn.functional.pixel_unshuffle nn.functional.grid_sample nn.functional.channel_shuffle
        nn.functional.upsample_nearest nn.functional.upsample_bilinear
    """,
    "nn.norm": """
        nn.functional.batch_norm nn.functional.layer_norm nn.functional.group_norm
        nn.functional.instance_norm nn.functional.rms_norm nn.functional.local_response_norm
        nn.functional.normalize renorm*
    """,
    "nn.activation": """
        nn.functional.relu nn.functional.relu6 nn.functional.leaky_relu nn.functional.elu nn.functional.celu
        nn.functional.selu nn.functional.gelu nn.functional.silu nn.functional.mish nn.functional.softplus
        nn.functional.softsign nn.functional.softmin nn.functional.hardtanh nn.functional.hardsigmoid
        nn.functional.hardswish nn.functional.hardshrink nn.functional.softshrink nn.functional.tanhshrink
        nn.functional.threshold nn.functional.logsigmoid nn.functional.glu nn.functional.prelu
    """,
    "nn.loss": """
        nn.functional.mse_loss nn.functional.l1_loss nn.functional.smooth_l1_loss nn.functional.huber_loss
        nn.functional.cross_entropy nn.functional.nll_loss nn.functional.binary_cross_entropy
        nn.functional.binary_cross_entropy_with_logits nn.functional.kl_div nn.functional.poisson_nll_loss
        nn.functional.gaussian_nll_loss nn.functional.hinge_embedding_loss
        nn.functional.cosine_embedding_loss nn.functional.margin_ranking_loss
        nn.functional.multi_margin_loss nn.functional.multilabel_margin_loss
        nn.functional.multilabel_soft_margin_loss nn.functional.soft_margin_loss
        nn.functional.triplet_margin_loss nn.functional.ctc_loss nn.functional.cosine_similarity
        nn.functional.pairwise_distance nn.functional.pdist
    """,
}

IN_PLACE = """
    abs_ acos_ acosh_ add_ addbmm_ addcdiv_ addcmul_ addmm_ addmv_ addr_ asin_ asinh_ atan2_ atan_ atanh_
    baddbmm_ bitwise_and_ bitwise_left_shift_ bitwise_not_ bitwise_or_ bitwise_right_shift_ bitwise_xor_ ceil_
    celu_ clamp_ clamp_max_ clamp_min_ copysign_ cos_ cosh_ cumprod_ cumsum_ deg2rad_ digamma_ div_ elu_ eq_
    erf_ erfc_ erfinv_ exp2_ exp_ expm1_ fill_ float_power_ floor_ floor_divide_ fmod_ frac_ gcd_ ge_ gt_
    hardsigmoid_ heaviside_ hypot_ i0_ igamma_ igammac_ index_add_ index_copy_ index_fill_ index_put_ index_reduce_
    lcm_ ldexp_ le_ leaky_relu_ lerp_ lgamma_ log10_ log1p_ log2_ log_ logical_and_ logical_not_ logical_or_
    logical_xor_
    logit_ lt_ masked_fill_ masked_scatter_ mish_ mul_ mvlgamma_ nan_to_num_ ne_ neg_ nextafter_ polygamma_ pow_
    put_ rad2deg_ reciprocal_ remainder_ renorm_ round_ rsqrt_ scatter_ scatter_add_ scatter_reduce_ selu_ sgn_
    sigmoid_ sign_ silu_ sin_ sinc_ sinh_ sqrt_ square_ squeeze_ sub_ t_ tan_ tanh_ threshold_ transpose_ tril_
    triu_ true_divide_ trunc_ unsqueeze_ xlogy_
"""
