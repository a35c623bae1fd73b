/// Benchmarks of Wrenn beside their floors.
///
/// A floor is the least that the same work costs without Wrenn: bare QEMU for a boot, the guest
/// agent called directly for a command. Product and floor take turns in one run, so that a noisy
/// machine disturbs both. Nothing here is part of the product.
///
/// - [dev.wrenn.bench.BootBench]: API create to the first `exec true`, beside bare QEMU
/// - [dev.wrenn.bench.ExecBench]: `exec true` through the API, beside the same call to envd
/// - [dev.wrenn.bench.EnvdBench]: size, memory and start of the guest agent
/// - [dev.wrenn.bench.RestoreBench]: API create from a warm image, beside bare QEMU restoring it
/// - [dev.wrenn.bench.PauseBench]: what a save costs a running capsule, beside bare QEMU
/// - [dev.wrenn.bench.ResumeBench]: API resume of a paused capsule, beside bare QEMU restoring it
/// - [dev.wrenn.bench.PagerBench]: page faults answered by the pager, beside a page server in C
@NullMarked
package dev.wrenn.bench;

import org.jspecify.annotations.NullMarked;
