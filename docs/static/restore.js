// A model that `blindsr export` wrote, in onnxruntime-web: everything comes from the site, and no image leaves the page.
(() => {
  const place = new URL("onnx/", document.currentScript.src);
  const form = document.querySelector("form#restore"); // headings have such names too
  if (!form) return;
  const status = form.querySelector("[role=status]");
  const canvas = form.querySelector("canvas");
  const tile = 128;
  let model;

  /** The runtime, the description of the model and its two graphs. */
  async function load() {
    await new Promise((resolve, reject) => {
      const script = document.createElement("script");
      Object.assign(script, { src: new URL("ort.wasm.min.js", place).href, onload: resolve, onerror: reject });
      document.head.append(script);
    });
    const { ort } = window;
    ort.env.wasm.wasmPaths = place.href;
    ort.env.wasm.numThreads = 1; // more need headers that few servers of files send
    const about = await (await fetch(new URL(`${form.dataset.model}.json`, place))).json();
    const open = (name) => ort.InferenceSession.create(new URL(name, place).href);
    const [encoder, restorer] = [await open(`${about.name}.condition.onnx`), await open(`${about.name}.onnx`)];
    return { ort, about, encoder, restorer };
  }

  /** A part of an image {width, height, data (RGBA)} as planes of floats in [0, 1]. */
  function planes(image, left, top, width, height) {
    const values = new Float32Array(3 * width * height);
    for (let channel = 0, at = 0; channel < 3; channel++)
      for (let y = top; y < top + height; y++)
        for (let x = left; x < left + width; x++, at++)
          values[at] = image.data[4 * (y * image.width + x) + channel] / 255;
    return values;
  }

  /** The input of the network that estimates the condition: patches of the image, in sets. */
  function patches(image, [sets, count, , side]) {
    const values = new Float32Array(sets * count * 3 * side * side);
    for (let one = 0; one < sets * count; one++) {
      const top = (7 * one) % Math.max(1, image.height - side);
      const left = (11 * one) % Math.max(1, image.width - side);
      values.set(planes(image, left, top, side, side), one * 3 * side * side);
    }
    return values;
  }

  /** The condition of an image, as inputs of the network that restores. */
  async function condition(image) {
    const { ort, about, encoder } = model;
    const { shape } = about.encoder_input;
    const found = await encoder.run({ encoder_input: new ort.Tensor("float32", patches(image, shape), shape) });
    return Object.fromEntries(Object.keys(about.condition).map((name, index) => [name, found[encoder.outputNames[index]]]));
  }

  /** Restores a tile with the context around it, and draws it. */
  async function restoreTile(image, known, left, top) {
    const { ort, about, restorer } = model;
    const { scale, margin } = about;
    const [right, bottom] = [Math.min(image.width, left + tile), Math.min(image.height, top + tile)];
    const [x, y] = [Math.max(0, left - margin), Math.max(0, top - margin)];
    const [width, height] = [Math.min(image.width, right + margin) - x, Math.min(image.height, bottom + margin) - y];
    const lr = new ort.Tensor("float32", planes(image, x, y, width, height), [1, 3, height, width]);
    const { sr } = await restorer.run({ lr, ...known });
    const pixels = new ImageData(scale * width, scale * height);
    const plane = pixels.width * pixels.height;
    for (let at = 0; at < plane; at++) {
      for (let channel = 0; channel < 3; channel++)
        pixels.data[4 * at + channel] = 255 * sr.data[channel * plane + at]; // rounded and clamped by the array
      pixels.data[4 * at + 3] = 255;
    }
    canvas
      .getContext("2d")
      .putImageData(
        pixels,
        scale * x,
        scale * y,
        scale * (left - x),
        scale * (top - y),
        scale * (right - left),
        scale * (bottom - top),
      );
  }

  /** Restores a file that the browser can show. */
  async function restore(file) {
    form.dataset.state = "busy";
    try {
      status.textContent = "The model is loaded ...";
      model ??= await load();
      const bitmap = await createImageBitmap(file);
      const { scale, encoder_input } = model.about;
      const side = encoder_input.shape[3];
      if (Math.min(bitmap.width, bitmap.height) < side || bitmap.width * bitmap.height > 1e6)
        throw new Error(`expected an image of at least ${side}x${side} pixels and at most one megapixel`);
      const source = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
      source.drawImage(bitmap, 0, 0);
      const image = source.getImageData(0, 0, bitmap.width, bitmap.height);
      const known = await condition(image);
      [canvas.width, canvas.height] = [scale * image.width, scale * image.height];
      canvas.hidden = false;
      const begin = performance.now();
      for (let top = 0; top < image.height; top += tile)
        for (let left = 0; left < image.width; left += tile) {
          status.textContent = `Restoring: ${Math.round((100 * top) / image.height)} %`;
          await restoreTile(image, known, left, top);
        }
      const seconds = ((performance.now() - begin) / 1000).toFixed(1);
      status.textContent = `${canvas.width} x ${canvas.height} pixels in ${seconds} s`;
      form.dataset.state = "done";
    } catch (error) {
      status.textContent = `This did not work: ${error.message ?? "a file of the site cannot be read; is it served by HTTP?"}`;
      form.dataset.state = "failed";
    }
  }

  form.querySelector("input").addEventListener("change", (event) => {
    if (event.target.files.length) restore(event.target.files[0]);
  });
  form.querySelector("button").addEventListener("click", async () => {
    const answer = await fetch(new URL("example.png", place)).catch(() => null);
    restore(answer ? await answer.blob() : new Blob());
  });
})();
