#include "json/decoder.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/card_digits.h"

namespace karv::json::detail {
namespace {

bool is_integer(std::string_view token) {
  if (token.starts_with('-')) token.remove_prefix(1);
  return !token.empty() && std::ranges::all_of(token, [](char c) { return c >= '0' && c <= '9'; });
}

bool holds_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

// What a caller sent, made fit for a message: short, one line, no card numbers.
std::string shown(std::string_view text) {
  constexpr std::size_t kMost = 40;
  std::string out = base::mask_card_numbers(text).text;
  if (out.size() > kMost) out = out.substr(0, kMost) + "...";
  for (auto& c : out)
    if (c < 0x20 || c > 0x7e) c = '?';
  return out;
}

}  // namespace

// Finds the place of the value that begins here, past optionals, and counts it. False: stopped.
bool Decoder::take_slot(Slot& slot, Ec& ec) {
  if (frames_.empty()) {
    slot = root_;
  } else if (Frame& top = frames_.back(); top.list) {
    if (++top.count > options_.max_items) {
      frames_.pop_back();  // the list is what is wrong, not its item
      report(fmt::format("has more than {} items", options_.max_items), ec);
      return stop(errors_.error(), ec);
    }
    if (top.raw) {
      slot.raw = true;
    } else if (top.shape != nullptr) {
      slot = {.shape = &top.shape->inner(), .where = top.shape->add(top.where)};
    }
  } else if (top.raw) {
    slot.raw = true;
  } else if (top.member != nullptr) {
    slot = {.shape = &top.member->shape(), .where = top.member->address(top.where)};
  }
  if (++values_ > options_.max_values)
    return stop(base::public_error(base::ErrorCode::bad_request, "The request holds too many values."), ec);
  return true;
}

// Steps from an optional to what it holds. A null stays with the optional.
static void enter_optionals(const Shape*& shape, void*& where) {
  while (shape != nullptr && shape->kind == Kind::optional) {
    where = shape->add(where);
    shape = &shape->inner();
  }
}

bool Decoder::begin(Kind kind, Ec& ec) {
  if (frames_.size() >= options_.max_depth) {
    return stop(base::public_error(base::ErrorCode::bad_request,
                                   fmt::format("The request is nested deeper than {} levels.", options_.max_depth)),
                ec);
  }
  Slot slot;
  if (!take_slot(slot, ec)) return false;
  enter_optionals(slot.shape, slot.where);
  Frame frame;
  frame.list = kind == Kind::list;
  if (slot.shape != nullptr && slot.shape->kind == Kind::raw) {
    raw_.emplace();
    slot.raw = true;
  }
  if (slot.raw) frame.list ? raw_->begin_array() : raw_->begin_object();
  if (slot.raw || (slot.shape != nullptr && slot.shape->kind == kind)) {
    frame.shape = slot.shape;
    frame.where = slot.where;
    frame.raw = slot.raw;
  } else if (slot.shape != nullptr && !wrong(*slot.shape, frame.list ? "a list" : "an object", ec)) {
    return false;
  }
  frames_.push_back(std::move(frame));
  return true;
}

bool Decoder::end(Ec& ec) {
  Frame& top = frames_.back();
  if (top.raw) {
    top.list ? raw_->end_array() : raw_->end_object();
    finish_raw(top.shape, top.where);
  } else if (top.shape != nullptr && !top.list) {
    for (std::size_t i = 0; i < top.shape->members.size(); ++i) {
      top.member = &top.shape->members[i];
      const bool given = ((top.seen >> i) & 1) != 0;
      if (top.member->required && !given && !report("is required", ec)) return false;
    }
  }
  frames_.pop_back();
  return true;
}

// Stores the raw value when `shape` says that it began at this place.
void Decoder::finish_raw(const Shape* shape, void* where) {
  if (shape == nullptr) return;
  shape->set_raw(where, Raw::from_canonical(std::move(*raw_).take()));
  raw_.reset();
}

bool Decoder::on_key_part(Text part, std::size_t, Ec&) {
  partial_.append(part.data(), part.size());
  return true;
}

bool Decoder::on_key(Text part, std::size_t, Ec& ec) {
  if (partial_.empty()) return name_member({part.data(), part.size()}, ec);
  partial_.append(part.data(), part.size());
  const std::string name = std::exchange(partial_, {});
  return name_member(name, ec);
}

bool Decoder::name_member(std::string_view name, Ec& ec) {
  Frame& top = frames_.back();
  top.member = nullptr;
  top.name = shown(name);
  if (++top.count > options_.max_members)
    return stop(base::public_error(base::ErrorCode::bad_request, "An object of the request has too many members."), ec);
  if (holds_nul(name))
    return stop(base::public_error(base::ErrorCode::bad_request, "A name in the request contains U+0000."), ec);
  if (top.raw) {
    raw_->member(name);
  } else if (top.shape != nullptr) {
    for (std::size_t i = 0; i < top.shape->members.size(); ++i) {
      if (top.shape->members[i].name != name) continue;
      const std::uint64_t bit = std::uint64_t{1} << i;
      if ((top.seen & bit) != 0) return report("is given twice", ec);
      top.seen |= bit;
      top.member = &top.shape->members[i];
      return true;
    }
  }
  if (!top.others.emplace(name).second) return report("is given twice", ec);
  if (top.shape != nullptr && !top.raw && options_.unknown_members == UnknownMembers::refuse)
    return report("is not known here", ec);
  return true;
}

bool Decoder::on_string_part(Text part, std::size_t, Ec& ec) {
  if (!text_slot_) {
    Slot slot;
    if (!take_slot(slot, ec)) return false;
    enter_optionals(slot.shape, slot.where);
    text_slot_ = slot;
  }
  const std::string_view view(part.data(), part.size());
  if (text_slot_->shape != nullptr && text_slot_->shape->kind == Kind::secret) {
    partial_secret_.append(view);
  } else {
    partial_.append(view);
  }
  return true;
}

bool Decoder::on_string(Text part, std::size_t n, Ec& ec) {
  if (!text_slot_) {
    Slot slot;
    if (!take_slot(slot, ec)) return false;
    enter_optionals(slot.shape, slot.where);
    return text(slot, {part.data(), part.size()}, ec);
  }
  if (!on_string_part(part, n, ec)) return false;
  const Slot slot = *std::exchange(text_slot_, std::nullopt);
  if (slot.shape != nullptr && slot.shape->kind == Kind::secret) {
    const base::SecretBytes whole = partial_secret_.take();
    return text(slot, whole.expose_text(), ec);
  }
  const std::string whole = std::exchange(partial_, {});
  return text(slot, whole, ec);
}

bool Decoder::text(const Slot& slot, std::string_view value, Ec& ec) {
  if (holds_nul(value)) return report("contains U+0000", ec);
  if (slot.raw) {
    raw_->text(value);
    return true;
  }
  if (slot.shape == nullptr) return true;
  const Shape& shape = *slot.shape;
  if (shape.kind == Kind::raw) {
    raw_.emplace().text(value);
    finish_raw(&shape, slot.where);
    return true;
  }
  if (shape.kind == Kind::secret) {
    shape.set_secret(slot.where, base::SecretBytes::copy_of(value));
    return true;
  }
  if (shape.kind != Kind::text) return wrong(shape, "text", ec);
  if (shape.set_text(slot.where, value)) return true;
  return shape.may_be_shown ? wrong(shape, fmt::format("\"{}\"", shown(value)), ec)
                            : report("expected " + shape.expected, ec);
}

bool Decoder::number(std::string_view token, Ec& ec) {
  Slot slot;
  if (!take_slot(slot, ec)) return false;
  enter_optionals(slot.shape, slot.where);
  if (slot.raw) {
    raw_->raw(Raw::from_canonical(std::string(token)));
    return true;
  }
  if (slot.shape == nullptr) return true;
  const Shape& shape = *slot.shape;
  if (shape.kind == Kind::raw) {
    raw_.emplace().raw(Raw::from_canonical(std::string(token)));
    finish_raw(&shape, slot.where);
    return true;
  }
  if (shape.kind == Kind::integer && is_integer(token)) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), value);
    if (error == std::errc() && shape.set_integer(slot.where, value)) return true;
    return report("is out of range, received " + shown(token), ec);
  }
  if (shape.kind == Kind::text && shape.takes_integers_too && options_.integers_as_text && is_integer(token)) {
    shape.set_text(slot.where, token);
    return true;
  }
  return wrong(shape, shape.kind == Kind::secret ? "a number" : shown(token), ec);
}

bool Decoder::on_bool(bool value, Ec& ec) {
  Slot slot;
  if (!take_slot(slot, ec)) return false;
  enter_optionals(slot.shape, slot.where);
  if (slot.raw) {
    raw_->boolean(value);
    return true;
  }
  if (slot.shape == nullptr) return true;
  if (slot.shape->kind == Kind::raw) {
    raw_.emplace().boolean(value);
    finish_raw(slot.shape, slot.where);
    return true;
  }
  if (slot.shape->kind != Kind::boolean) return wrong(*slot.shape, value ? "true" : "false", ec);
  slot.shape->set_boolean(slot.where, value);
  return true;
}

bool Decoder::on_null(Ec& ec) {
  Slot slot;
  if (!take_slot(slot, ec)) return false;
  if (slot.raw) {
    raw_->null();
    return true;
  }
  if (slot.shape == nullptr || slot.shape->kind == Kind::optional) return true;  // empty as it was made
  if (slot.shape->kind == Kind::raw) {
    slot.shape->set_raw(slot.where, Raw());
    return true;
  }
  return wrong(*slot.shape, "null", ec);
}

std::string Decoder::path() const {
  std::string out;
  for (const auto& frame : frames_) {
    if (frame.list) {
      out += fmt::format("[{}]", frame.count - 1);
    } else {
      if (!out.empty()) out.push_back('.');
      out += frame.member != nullptr ? std::string_view(frame.member->name) : std::string_view(frame.name);
    }
  }
  return out.empty() ? "body" : out;
}

bool Decoder::wrong(const Shape& shape, std::string_view received, Ec& ec) {
  return report(fmt::format("expected {}, received {}", shape.expected, received), ec);
}

bool Decoder::report(std::string message, Ec& ec) {
  errors_.add(path(), std::move(message));
  return errors_.full() ? stop(errors_.error(), ec) : true;
}

bool Decoder::stop(base::Error error, Ec& ec) {
  if (!stopped_) stopped_ = std::move(error);
  ec = boost::json::error::exception;  // any error: the parser wants one, decode_into() looks at stopped_
  return false;
}

}  // namespace karv::json::detail
