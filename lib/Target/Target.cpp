// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Target/Target.h"

#include "Arm/Features.h"
#include "TargetList.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

using namespace qopt;

/// The scalar row on this machine, with nothing but what every CPU of its architecture has.
static Target getGenericTarget() {
  Target target;
  target.name = "generic";
  target.triple = llvm::sys::getProcessTriple();
  target.cpu = llvm::Triple(target.triple).getArch() == llvm::Triple::x86_64 ? "x86-64" : "generic";
  target.rows = &codegen::getGenericRowSet();
  return target;
}

llvm::ArrayRef<Target> qopt::getTargets() {
  static const std::vector<Target> targets = [] {
    std::vector<Target> all;
    addX86Targets(all);
    addArmTargets(all);
    addHexagonTargets(all);
    all.push_back(getGenericTarget());
    return all;
  }();
  return targets;
}

llvm::Error qopt::checkHostFeatures(llvm::ArrayRef<std::string> features) {
  static const llvm::StringMap<bool> host = [] {
    llvm::StringMap<bool> all = llvm::sys::getHostCPUFeatures();
    arm::addHostFeatures(all);
    return all;
  }();
  for (const std::string &feature : features)
    if (!host.lookup(feature))
      return llvm::createStringError("this CPU lacks the feature '%s'", feature.c_str());
  return llvm::Error::success();
}

llvm::Error qopt::checkHost(const Target &target) {
  llvm::Triple host(llvm::sys::getProcessTriple()), wanted(target.triple);
  if (host.getArch() != wanted.getArch())
    return llvm::createStringError("target '%s' is for %s, this machine is %s",
                                   target.name.str().c_str(), wanted.getArchName().str().c_str(),
                                   host.getArchName().str().c_str());
  return checkHostFeatures(target.features);
}

/// Whether `host` may resolve to it.
static bool runsHere(const Target &target) {
  llvm::Error error = checkHost(target);
  bool runs = !error;
  llvm::consumeError(std::move(error));
  return runs;
}

std::vector<const Target *> qopt::getHostTargets() {
  std::vector<const Target *> targets;
  for (const Target &target : getTargets())
    if (runsHere(target))
      targets.push_back(&target);
  return targets;
}

llvm::Expected<const Target *> qopt::lookupTarget(llvm::StringRef name) {
  llvm::SmallVector<std::string> names;
  for (const Target &target : getTargets()) {
    if (name == target.name || (name == "host" && runsHere(target)))
      return &target;
    names.push_back(target.name.str());
  }
  return llvm::createStringError("unknown target '%s': choose host or one of %s",
                                 name.str().c_str(), llvm::join(names, ", ").c_str());
}

llvm::Expected<std::vector<const Target *>> qopt::lookupTargets(llvm::StringRef names) {
  std::vector<const Target *> targets;
  for (llvm::StringRef name : llvm::split(names, ',')) {
    llvm::Expected<const Target *> target = lookupTarget(name);
    if (!target)
      return target.takeError();
    targets.push_back(*target);
  }
  return targets;
}

std::string qopt::getFeatureString(const Target &target) {
  std::string text;
  for (const std::string &feature : target.features)
    text += (text.empty() ? "+" : ",+") + feature;
  return text;
}
