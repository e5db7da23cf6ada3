#include "apps/common/section.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace karv::apps {

base::Error configuration_error(const std::string& what) {
  return base::internal_error(base::ErrorCode::bad_value, "configuration: " + what);
}

Section::Section(const toml::table& root, std::string name) : name_(std::move(name)) {
  table_ = name_.empty() ? &root : root[name_].as_table();
  if (table_ == nullptr && root.contains(name_)) problem_ = name_ + " is no table";
}

Section& Section::text(const char* key, std::string& into) {
  const auto value = table_ == nullptr ? std::nullopt : (*table_)[key].value_exact<std::string>();
  if (value && !value->empty()) {
    into = *value;
  } else {
    note(key, "is missing or no text");
  }
  known_.insert(key);
  return *this;
}

Section& Section::integer(const char* key, std::int64_t& into, std::int64_t least, std::int64_t most) {
  known_.insert(key);
  if (table_ == nullptr || !table_->contains(key)) return *this;
  const auto value = (*table_)[key].value_exact<std::int64_t>();
  if (value && *value >= least && *value <= most) {
    into = *value;
  } else {
    note(key, fmt::format("is not an integer from {} to {}", least, most));
  }
  return *this;
}

Section& Section::optional_text(const char* key, std::string& into) {
  if (table_ != nullptr && table_->contains(key)) return text(key, into);
  known_.insert(key);
  return *this;
}

Section& Section::texts(const char* key, std::vector<std::string>& into) {
  known_.insert(key);
  if (table_ == nullptr || !table_->contains(key)) return *this;
  const toml::array* const list = (*table_)[key].as_array();
  std::vector<std::string> read;
  if (list != nullptr)
    for (const auto& element : *list)
      if (const auto value = element.value_exact<std::string>(); value && !value->empty()) read.push_back(*value);
  if (list == nullptr || list->empty() || read.size() != list->size()) {
    note(key, "is not a list of texts");
  } else {
    into = std::move(read);
  }
  return *this;
}

Section& Section::integers(const char* key, std::vector<std::int64_t>& into, std::int64_t least, std::int64_t most) {
  known_.insert(key);
  if (table_ == nullptr || !table_->contains(key)) return *this;
  const toml::array* const list = (*table_)[key].as_array();
  std::vector<std::int64_t> read;
  if (list != nullptr)
    for (const auto& element : *list)
      if (const auto value = element.value_exact<std::int64_t>(); value && *value >= least && *value <= most)
        read.push_back(*value);
  if (list == nullptr || list->empty() || read.size() != list->size()) {
    note(key, fmt::format("is not a list of integers from {} to {}", least, most));
  } else {
    into = std::move(read);
  }
  return *this;
}

Section& Section::word(const char* key, std::string& into, std::initializer_list<std::string_view> words) {
  known_.insert(key);
  if (table_ == nullptr || !table_->contains(key)) return *this;
  const auto value = (*table_)[key].value_exact<std::string>();
  if (value && std::ranges::find(words, *value) != words.end()) {
    into = *value;
  } else {
    note(key, fmt::format("is none of {}", fmt::join(words, ", ")));
  }
  return *this;
}

Section& Section::table(const char* key) {
  known_.insert(key);
  return *this;
}

base::Result<void> Section::end() {
  if (table_ != nullptr)
    for (const auto& [key, value] : *table_)
      if (!known_.contains(std::string(key.str()))) note(std::string(key.str()), "is not known");
  return problem_.empty() ? base::Result<void>() : configuration_error(problem_);
}

void Section::note(const std::string& key, const std::string& what) {
  if (problem_.empty()) problem_ = fmt::format("{}{}{} {}", name_, name_.empty() ? "" : ".", key, what);
}

}  // namespace karv::apps
