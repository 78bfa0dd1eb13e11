// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "NodeOrder.h"

#include "llvm/ADT/SmallVector.h"

using namespace qopt::onnx;

std::string qopt::onnx::describe(const proto::NodeProto &node) {
  llvm::StringRef name = node.name();
  if (name.empty() && node.output_size() > 0)
    name = node.output(0);
  std::string op = quoted(node.op_type());
  return "node " + quoted(name) + " (op " + op.substr(1, op.size() - 2) + ")";
}

namespace {

constexpr int kFromOutside = -1; ///< a graph input or an initializer

/// Depth-first walk from the outputs, with a stack of its own: a file may hold a chain of any
/// length.
class NodeOrder {
public:
  explicit NodeOrder(const proto::GraphProto &graph)
      : graph(graph), states(graph.node_size(), State::New) {
    collectWriters();
  }

  std::vector<const proto::NodeProto *> run() {
    for (const proto::ValueInfoProto &output : graph.output())
      visit(findWriter(output.name(), [&] { return std::string("the graph's list of outputs"); }));
    std::vector<const proto::NodeProto *> nodes;
    for (int index : fileOrderWorks() ? inFileOrder() : finished)
      nodes.push_back(&graph.node(index));
    return nodes;
  }

private:
  enum class State : char { New, Open, Done };

  void addWriter(const std::string &name, int node) {
    if (!writers.try_emplace(name, node).second)
      fail("the name " + quoted(name) +
           " is defined twice; each tensor needs a name of its own, export the model again");
  }

  void collectWriters() {
    for (const proto::TensorProto &initializer : graph.initializer())
      addWriter(initializer.name(), kFromOutside);
    llvm::StringMap<bool> inputs;
    for (const proto::ValueInfoProto &input : graph.input()) {
      if (!inputs.try_emplace(input.name(), true).second)
        fail("the input " + quoted(input.name()) + " is listed twice; export the model again");
      writers.try_emplace(input.name(), kFromOutside); // old files list initializers as inputs
    }
    for (int i = 0; i < graph.node_size(); ++i)
      for (const std::string &output : graph.node(i).output())
        if (!output.empty())
          addWriter(output, i);
  }

  template <typename Reader> int findWriter(const std::string &name, Reader reader) {
    auto writer = writers.find(name);
    if (writer == writers.end())
      fail(reader() + " reads " + quoted(name) +
           ", which is neither an input, an initializer nor the result of a node; the file is "
           "incomplete, export the model again");
    return writer->second;
  }

  /// The next node that `index` reads and that is not done, or kFromOutside.
  int nextPredecessor(int index, int &input) {
    const proto::NodeProto &node = graph.node(index);
    while (input < node.input_size()) {
      const std::string &name = node.input(input++);
      if (name.empty())
        continue;
      int writer = findWriter(name, [&] { return describe(node); });
      if (writer != kFromOutside && states[writer] != State::Done)
        return writer;
    }
    return kFromOutside;
  }

  void visit(int root) {
    if (root == kFromOutside || states[root] == State::Done)
      return;
    llvm::SmallVector<std::pair<int, int>> stack = {{root, 0}}; // node, next input
    states[root] = State::Open;
    while (!stack.empty()) {
      int index = stack.back().first;
      int next = nextPredecessor(index, stack.back().second);
      if (next == kFromOutside) {
        states[index] = State::Done;
        finished.push_back(index);
        stack.pop_back();
        continue;
      }
      if (states[next] == State::Open)
        fail(describe(graph.node(next)) +
             " lies on a cycle; only feed-forward graphs can be compiled, break the cycle");
      states[next] = State::Open;
      stack.push_back({next, 0});
    }
  }

  std::vector<int> inFileOrder() const {
    std::vector<int> order;
    for (int i = 0; i < graph.node_size(); ++i)
      if (states[i] == State::Done)
        order.push_back(i);
    return order;
  }

  bool fileOrderWorks() const {
    for (int i : finished)
      for (const std::string &name : graph.node(i).input())
        if (!name.empty() && writers.lookup(name) >= i)
          return false;
    return true;
  }

  const proto::GraphProto &graph;
  llvm::StringMap<int> writers; ///< name to node index or kFromOutside
  std::vector<State> states;
  std::vector<int> finished; ///< in depth-first post-order
};

} // namespace

std::vector<const proto::NodeProto *> qopt::onnx::orderNodes(const proto::GraphProto &graph) {
  return NodeOrder(graph).run();
}

llvm::StringMap<unsigned>
qopt::onnx::countReaders(const proto::GraphProto &graph,
                         const std::vector<const proto::NodeProto *> &nodes) {
  llvm::StringMap<unsigned> readers;
  for (const proto::NodeProto *node : nodes)
    for (const std::string &input : node->input())
      ++readers[input];
  for (const proto::ValueInfoProto &output : graph.output())
    ++readers[output.name()];
  return readers;
}
