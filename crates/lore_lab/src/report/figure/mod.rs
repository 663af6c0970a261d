//! Figures: one drawing, two files.

mod curves;
mod heat;
mod paint;
mod rates;

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use plotters::prelude::*;

use lore_core::{Dial, ExperimentResults, ExperimentSpec};

use super::gather::LossCurve;
use crate::files::{beside, write_atomic};

/// Pixels of a PNG for each unit of the design, so that it is sharp on paper.
const PNG_SCALE: u32 = 2;

/// Something to draw.
pub(super) enum Figure {
    /// Success by arm.
    Rates(rates::Rates),
    /// Success by the setting of one number.
    Turned(Dial, rates::Rates),
    /// Success by arm and task type.
    Heat(heat::Heat),
    /// Loss by step.
    Curves(curves::Curves),
}

impl Figure {
    pub(super) fn rates(results: &ExperimentResults) -> Self {
        Self::Rates(rates::Rates::new(results))
    }

    /// One for each dial that arms of the experiment turn.
    pub(super) fn turned(spec: &ExperimentSpec, results: &ExperimentResults) -> Vec<Self> {
        let figure = |dial| {
            let points = results.turned(spec, dial);
            let is_turned = !points.is_empty();
            is_turned.then(|| Self::Turned(dial, rates::Rates::turned(points)))
        };
        Dial::ALL.into_iter().filter_map(figure).collect()
    }

    pub(super) fn heat(spec: &ExperimentSpec, results: &ExperimentResults) -> Self {
        Self::Heat(heat::Heat::new(spec, results))
    }

    pub(super) fn curves(curves: Vec<LossCurve>) -> Self {
        Self::Curves(curves::Curves::new(curves))
    }

    /// The name of the files, without ending.
    fn name(&self) -> &'static str {
        match self {
            Self::Rates(_) => "success",
            Self::Turned(Dial::Memories, _) => "success-by-memories",
            Self::Turned(Dial::BankSize, _) => "success-by-bank-size",
            Self::Heat(_) => "success-by-type",
            Self::Curves(_) => "training-loss",
        }
    }

    /// What it shows.
    pub(super) fn title(&self) -> &'static str {
        match self {
            Self::Rates(_) => "Success on seen and unseen task types",
            Self::Turned(dial, _) => dial.title(),
            Self::Heat(_) => "Success by task type",
            Self::Curves(_) => "Training loss",
        }
    }

    /// How to read it.
    pub(super) fn caption(&self) -> &'static str {
        match self {
            Self::Rates(_) | Self::Turned(..) => {
                "Bars are success rates, whiskers their 95 % Wilson intervals. Overlapping whiskers \
                 mean that the figure alone does not tell the arms apart."
            }
            Self::Heat(_) => {
                "Each cell is the success rate of an arm on a task type, with successes and episodes \
                 below. Types marked * were never in training."
            }
            Self::Curves(_) => {
                "Thin lines are the loss of each optimiser step, thick lines a running mean. A low \
                 loss alone does not mean that an agent succeeds on unseen tasks."
            }
        }
    }

    /// Width and height, in units of the design.
    fn size(&self) -> (u32, u32) {
        match self {
            Self::Rates(rates) | Self::Turned(_, rates) => rates.size(),
            Self::Curves(_) => (900, 460),
            Self::Heat(heat) => heat.size(),
        }
    }

    /// Writes `<name>.svg` and `<name>.png` into `folder` and returns the text of the SVG.
    pub(super) fn save(&self, folder: &Path) -> Result<String> {
        paint::register_font()?;
        fs::create_dir_all(folder)
            .with_context(|| format!("Could not make the folder {}.", folder.display()))?;
        let (width, height) = self.size();
        let mut svg = String::new();
        self.draw(
            &SVGBackend::with_string(&mut svg, (width, height)).into_drawing_area(),
            1,
        )?;
        write_atomic(&folder.join(format!("{}.svg", self.name())), svg.as_bytes())?;
        self.save_png(folder, (width * PNG_SCALE, height * PNG_SCALE))?;
        Ok(svg)
    }

    fn save_png(&self, folder: &Path, size: (u32, u32)) -> Result<()> {
        let path = folder.join(format!("{}.png", self.name()));
        // The ending decides the format, so the temporary name keeps it.
        let temporary = beside(&path, "part.png");
        {
            let area = BitMapBackend::new(&temporary, size).into_drawing_area();
            self.draw(&area, PNG_SCALE)?;
        }
        fs::rename(&temporary, &path)
            .with_context(|| format!("Could not write {}.", path.display()))
    }

    fn draw<DB: DrawingBackend>(&self, area: &paint::Area<DB>, scale: u32) -> Result<()>
    where
        DB::ErrorType: 'static,
    {
        let canvas = paint::Canvas { area, scale };
        canvas.clear()?;
        match self {
            Self::Rates(rates) | Self::Turned(_, rates) => rates.draw(&canvas)?,
            Self::Heat(heat) => heat.draw(&canvas)?,
            Self::Curves(curves) => curves.draw(&canvas)?,
        }
        area.present().context("The drawing could not be finished.")
    }
}
