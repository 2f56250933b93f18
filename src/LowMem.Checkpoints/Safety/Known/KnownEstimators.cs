using static LowMem.Checkpoints.Safety.Known.KnownUse;

namespace LowMem.Checkpoints.Safety.Known;

/// <summary>
/// Preprocessing and linear models of scikit-learn, which training scripts keep beside a network. <c>BaseEstimator</c>'s
/// <c>__setstate__</c> compares a version and takes the state as attributes. Left out: what has another one
/// (<c>IsotonicRegression</c>), what holds compiled objects with a state of their own (trees, neighbours, loss functions,
/// boosting), and functions.
/// </summary>
internal static class KnownEstimators
{
    private const string Data =
        "Binarizer KBinsDiscretizer MaxAbsScaler MinMaxScaler Normalizer PolynomialFeatures PowerTransformer QuantileTransformer RobustScaler StandardScaler";

    private const string Labels = "LabelBinarizer LabelEncoder";

    private const string Encoders = "OneHotEncoder OrdinalEncoder";

    public static KnownList All { get; } = new()
    {
        { Made, "sklearn.preprocessing", Data },
        { Made, "sklearn.preprocessing", Labels },
        { Made, "sklearn.preprocessing", Encoders },
        { Made, "sklearn.preprocessing._data", Data },
        { Made, "sklearn.preprocessing._label", Labels },
        { Made, "sklearn.preprocessing._encoders", Encoders },
        { Made, "sklearn.impute", "MissingIndicator SimpleImputer" },
        { Made, "sklearn.impute._base", "MissingIndicator SimpleImputer" },
        { Made, "sklearn.decomposition", "FastICA IncrementalPCA NMF PCA TruncatedSVD" },
        { Made, "sklearn.decomposition._incremental_pca", "IncrementalPCA" },
        { Made, "sklearn.decomposition._nmf", "NMF" },
        { Made, "sklearn.decomposition._pca", "PCA" },
        { Made, "sklearn.decomposition._truncated_svd", "TruncatedSVD" },
        { Made, "sklearn.cluster", "KMeans MiniBatchKMeans" },
        { Made, "sklearn.cluster._kmeans", "KMeans MiniBatchKMeans" },
        { Made, "sklearn.linear_model", "BayesianRidge ElasticNet Lasso LinearRegression LogisticRegression Ridge" },
        { Made, "sklearn.linear_model._base", "LinearRegression" },
        { Made, "sklearn.linear_model._coordinate_descent", "ElasticNet Lasso" },
        { Made, "sklearn.linear_model._logistic", "LogisticRegression" },
        { Made, "sklearn.linear_model._ridge", "Ridge RidgeClassifier" },
        { Made, "sklearn.mixture", "BayesianGaussianMixture GaussianMixture" },
        { Made, "sklearn.naive_bayes", "BernoulliNB ComplementNB GaussianNB MultinomialNB" },
        { Made, "sklearn.pipeline", "FeatureUnion Pipeline" },
        { Made, "sklearn.pipeline._pipeline", "FeatureUnion Pipeline" },
        { Made, "sklearn.compose", "ColumnTransformer TransformedTargetRegressor" },
        { Made, "sklearn.compose._column_transformer", "ColumnTransformer" },
        { Made, "sklearn.dummy", "DummyClassifier DummyRegressor" },
        { Made, "sklearn.discriminant_analysis", "LinearDiscriminantAnalysis QuadraticDiscriminantAnalysis" },
        { Made, "sklearn.svm", "LinearSVC LinearSVR" },
        { Made, "sklearn.svm._classes", "LinearSVC LinearSVR" },
    };
}
