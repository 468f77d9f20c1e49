//! Figures on an HTML canvas: plotters' canvas backend with text measured by the canvas itself, and heatmaps as pixels.

use plotters::drawing::IntoDrawingArea;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontStyle, FontTransform,
};
use plotters_canvas::CanvasBackend;
use wasm_bindgen::{Clamped, JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData, OffscreenCanvas, OffscreenCanvasRenderingContext2d};

use crate::error::{Code, Error, Result};
use crate::plot::{Figure, Heatmap, Layout, Rect};

/// Draws a figure over the whole canvas, whose pixel size becomes the layout's times its device pixel ratio. Returns the
/// plotting rectangle in CSS pixels.
pub fn draw(canvas: &HtmlCanvasElement, figure: &Figure, layout: &Layout) -> Result<Rect> {
    let pixels = |css: f64| (css * layout.dpr).round().clamp(1.0, 16384.0) as u32;
    let (width, height) = (pixels(layout.width), pixels(layout.height));
    // Setting a size also clears, and costs.
    if (canvas.width(), canvas.height()) != (width, height) {
        canvas.set_width(width);
        canvas.set_height(height);
    }
    let context: CanvasRenderingContext2d =
        canvas.get_context("2d").ok().flatten().and_then(|c| c.dyn_into().ok()).ok_or_else(no_canvas)?;
    let precision = f64::from(layout.precision.max(1));
    context.reset_transform().map_err(failed)?;
    context.clear_rect(0.0, 0.0, f64::from(width), f64::from(height));
    context.set_line_join("round");
    context.set_line_cap("butt");
    context.scale(1.0 / precision, 1.0 / precision).map_err(failed)?;

    let inner = CanvasBackend::with_canvas_object(canvas.clone()).ok_or_else(no_canvas)?;
    let size = (width * layout.precision.max(1), height * layout.precision.max(1));
    let area = Measured { inner, context: context.clone(), size }.into_drawing_area();
    figure.draw(&area, layout, &mut |map, rect| blit(&context, map, rect, (figure.steps, layout)).map_err(failed))
}

/// One pixel per value, scaled up without smoothing onto whole device pixels.
fn blit(
    context: &CanvasRenderingContext2d,
    map: &Heatmap,
    rect: Rect,
    (steps, layout): (usize, &Layout),
) -> std::result::Result<(), JsValue> {
    let (width, height, bytes) = map.picture(layout.theme, steps);
    if width == 0 || height == 0 {
        return Ok(());
    }
    let (width, height) = (width as u32, height as u32);
    let image = ImageData::new_with_u8_clamped_array_and_sh(Clamped(&bytes), width, height)?;
    let small = OffscreenCanvas::new(width, height)?;
    let context_of_small: OffscreenCanvasRenderingContext2d = small.get_context("2d")?.ok_or(JsValue::NULL)?.dyn_into()?;
    context_of_small.put_image_data(&image, 0.0, 0.0)?;
    let [left, top, right, bottom] = [rect.left, rect.top, rect.right(), rect.bottom()].map(|x| (x * layout.dpr).round());
    context.save();
    context.reset_transform()?;
    context.set_image_smoothing_enabled(false);
    let drawn = context.draw_image_with_offscreen_canvas_and_dw_and_dh(&small, left, top, (right - left).max(1.0), (bottom - top).max(1.0));
    context.restore();
    drawn
}

fn no_canvas() -> Error {
    Error::new(Code::Unsupported, "this canvas has no 2d context; expected a canvas that nothing else draws on")
}

fn failed(error: JsValue) -> Error {
    let text = error.dyn_ref::<js_sys::Error>().map(|e| String::from(e.message()));
    Error::new(Code::Unsupported, format!("the canvas refused: {}", text.unwrap_or_else(|| "no reason given".into())))
}

/// plotters' canvas backend measures text by putting a styled `<span>` into the document, which a strict
/// Content-Security-Policy forbids and which lays the page out anew. This one asks the canvas. Its units are fractions of a
/// device pixel.
struct Measured {
    inner: CanvasBackend,
    context: CanvasRenderingContext2d,
    size: (u32, u32),
}

type Drawn = std::result::Result<(), DrawingErrorKind<<CanvasBackend as DrawingBackend>::ErrorType>>;

impl DrawingBackend for Measured {
    type ErrorType = <CanvasBackend as DrawingBackend>::ErrorType;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        self.inner.ensure_prepared()
    }

    fn present(&mut self) -> Drawn {
        self.inner.present()
    }

    fn draw_pixel(&mut self, point: BackendCoord, colour: BackendColor) -> Drawn {
        self.inner.draw_pixel(point, colour)
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.inner.draw_line(from, to, style)
    }

    fn draw_rect<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S, fill: bool) -> Drawn {
        self.inner.draw_rect(from, to, style, fill)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        self.inner.draw_path(path, style)
    }

    fn draw_circle<S: BackendStyle>(&mut self, centre: BackendCoord, radius: u32, style: &S, fill: bool) -> Drawn {
        self.inner.draw_circle(centre, radius, style, fill)
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, corners: I, style: &S) -> Drawn {
        self.inner.fill_polygon(corners, style)
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, at: BackendCoord) -> Drawn {
        self.inner.draw_text(text, style, at)
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> std::result::Result<(u32, u32), DrawingErrorKind<Self::ErrorType>> {
        let weight = if matches!(style.style(), FontStyle::Bold) { "bold" } else { "normal" };
        self.context.set_font(&format!("{weight} {}px {}", style.size(), style.family().as_str()));
        let width = self.context.measure_text(text).map_or(0.6 * style.size() * text.chars().count() as f64, |m| m.width());
        let (width, height) = (width.ceil() as u32, style.size().ceil() as u32);
        let upright = matches!(style.transform(), FontTransform::None | FontTransform::Rotate180);
        Ok(if upright { (width, height) } else { (height, width) })
    }
}
