/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Between f32 and codes, with the formulas of docs/NumericContract.md. */
#include "Harness.h"

#ifdef __hexagon__
#include "Divide.h"
#else
static float harness_divide(float dividend, float divisor) { return dividend / divisor; }
#endif

int harness_converts(const qopt_tensor *tensor, const harness_job *job) {
  return !job->codes && (tensor->dtype == QOPT_I8 || tensor->dtype == QOPT_U8);
}

uint64_t harness_elements(const qopt_tensor *tensor) {
  uint64_t elements = 1;
  for (uint32_t i = 0; i < tensor->rank; ++i)
    elements *= (uint64_t)tensor->dims[i];
  return elements;
}

/* Ties to even, for magnitudes below 2^22. */
static int32_t round_to_integer(float value) {
  const float magic = 12582912.0f; /* 1.5·2^23: its last bit is worth one */
  return (int32_t)((value + magic) - magic);
}

static int32_t quantize(float value, float scale, int32_t zero, harness_bounds bounds) {
  float code = harness_divide(value, scale);
  if (code != code)
    return zero;
  if (code <= (float)(bounds.low - zero))
    return bounds.low;
  if (code >= (float)(bounds.high - zero))
    return bounds.high;
  return round_to_integer(code) + zero;
}

void harness_quantize(const qopt_tensor *tensor, const harness_bounds *bounds, const float *values,
                      int8_t *codes) {
  static const harness_bounds all[] = {{-128, 127}, {0, 255}};
  if (!bounds)
    bounds = &all[tensor->dtype == QOPT_U8];
  uint32_t count = (uint32_t)harness_elements(tensor);
  for (uint32_t i = 0; i < count; ++i)
    codes[i] = (int8_t)quantize(values[i], tensor->scale[0], tensor->zero_point[0], *bounds);
}

void harness_dequantize(const qopt_tensor *tensor, const int8_t *codes, float *values) {
  uint32_t count = (uint32_t)harness_elements(tensor);
  for (uint32_t i = 0; i < count; ++i) {
    int32_t code = tensor->dtype == QOPT_U8 ? (uint8_t)codes[i] : codes[i];
    values[i] = (float)(code - tensor->zero_point[0]) * tensor->scale[0];
  }
}
