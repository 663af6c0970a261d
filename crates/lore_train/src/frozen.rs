//! The base model, prepared for many products with it.

use lore_core::TargetModule;
use lore_llm::kernels::Activation;
use lore_llm::ops::{Arithmetic, FrozenFeedForward, FrozenLinear, FrozenMatrix};
use lore_llm::{LayerWeights, Weights};

/// Every matrix of a model that activations are multiplied with.
#[derive(Clone, Debug)]
pub(crate) struct FrozenWeights {
    /// How products with the blocks' matrices are computed.
    pub(crate) arithmetic: Arithmetic,
    /// The blocks, first to last.
    pub(crate) layers: Vec<FrozenLayer>,
    /// The output projection, `[vocab, hidden]`.
    pub(crate) head: FrozenMatrix,
}

/// The matrices of one block.
#[derive(Clone, Debug)]
pub(crate) struct FrozenLayer {
    /// In the order of [`TargetModule::ATTENTION`].
    attention: [FrozenLinear; TargetModule::ATTENTION.len()],
    /// The other projections.
    pub(crate) feed_forward: FrozenFeedForward,
}

impl FrozenWeights {
    pub(crate) fn new(weights: &Weights, arithmetic: Arithmetic) -> Self {
        let layers = weights.layers.iter();
        let activation = weights.config.activation;
        Self {
            arithmetic,
            layers: layers
                .map(|layer| FrozenLayer::new(layer, activation, arithmetic))
                .collect(),
            // Few rows come this far, and what is rounded here is rounded for every block before.
            head: FrozenMatrix::new(weights.head(), Arithmetic::Float),
        }
    }
}

impl FrozenLayer {
    fn new(layer: &LayerWeights, activation: Activation, arithmetic: Arithmetic) -> Self {
        let frozen = |module| FrozenLinear::new(layer.linear(module), arithmetic);
        Self {
            attention: TargetModule::ATTENTION.map(frozen),
            feed_forward: FrozenFeedForward {
                gate: frozen(TargetModule::GateProj),
                up: frozen(TargetModule::UpProj),
                down: frozen(TargetModule::DownProj),
                activation,
            },
        }
    }

    /// The projection with this name.
    pub(crate) fn linear(&self, module: TargetModule) -> &FrozenLinear {
        let [q, k, v, o] = &self.attention;
        match module {
            TargetModule::QProj => q,
            TargetModule::KProj => k,
            TargetModule::VProj => v,
            TargetModule::OProj => o,
            TargetModule::GateProj => &self.feed_forward.gate,
            TargetModule::UpProj => &self.feed_forward.up,
            TargetModule::DownProj => &self.feed_forward.down,
        }
    }
}
