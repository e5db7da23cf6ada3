#include "apps/common/section.h"

#include <cstdio>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace karv::apps {
namespace {

struct Listen {
  std::string address;
  std::int64_t workers = 8;
};

base::Result<Listen> read(std::string_view text) {
  const auto root = toml::parse(text);
  Listen listen;
  KARV_TRY_VOID(Section(root, "").table("listen").end());
  KARV_TRY_VOID(
      Section(root, "listen").text("address", listen.address).integer("workers", listen.workers, 1, 64).end());
  return listen;
}
std::string problem_of(std::string_view text) {
  const auto listen = read(text);
  return listen.ok() ? "(none)" : listen.error().internal_text();
}

TEST(SectionTest, what_is_there_is_read_and_what_is_optional_has_a_default) {
  const auto listen = read("[listen]\naddress = '127.0.0.1:8443'\n");
  ASSERT_TRUE(listen.ok());
  EXPECT_EQ(listen->address, "127.0.0.1:8443");
  EXPECT_EQ(listen->workers, 8);
  EXPECT_EQ(read("[listen]\naddress = 'a'\nworkers = 64\n")->workers, 64);
}

TEST(SectionTest, every_mistake_is_named) {
  EXPECT_EQ(problem_of(""), "configuration: listen.address is missing or no text");
  EXPECT_EQ(problem_of("[listen]\naddress = ''"), "configuration: listen.address is missing or no text");
  EXPECT_EQ(problem_of("[listen]\naddress = 8443"), "configuration: listen.address is missing or no text");
  EXPECT_EQ(problem_of("listen = 'no table'"), "configuration: listen is no table");
  EXPECT_EQ(problem_of("[listen]\naddress = 'a'\nport = 1"), "configuration: listen.port is not known");
  EXPECT_EQ(problem_of("[listen]\naddress = 'a'\n[lisen]"), "configuration: lisen is not known");
  for (const char* workers : {"0", "65", "-1", "1.0", "'8'", "true"})
    EXPECT_EQ(problem_of(std::string("[listen]\naddress = 'a'\nworkers = ") + workers),
              "configuration: listen.workers is not an integer from 1 to 64")
        << workers;
}

TEST(SectionTest, an_optional_word_is_one_of_its_words_and_an_optional_table_may_be_missing) {
  const auto read_word = [](std::string_view text) -> base::Result<std::string> {
    const auto root = toml::parse(text);
    std::string location = "absolute";
    KARV_TRY_VOID(Section(root, "api").word("location", location, {"absolute", "path"}).end());
    return location;
  };
  EXPECT_EQ(read_word("").value(), "absolute");
  EXPECT_EQ(read_word("[api]").value(), "absolute");
  EXPECT_EQ(read_word("[api]\nlocation = 'path'").value(), "path");
  for (const char* bad : {"[api]\nlocation = ''", "[api]\nlocation = 'relative'", "[api]\nlocation = 1"})
    EXPECT_EQ(read_word(bad).error().internal_text(), "configuration: api.location is none of absolute, path") << bad;
  EXPECT_EQ(read_word("api = 'path'").error().internal_text(), "configuration: api is no table");
}

TEST(SectionTest, an_optional_text_and_a_list_of_integers_are_read_or_their_mistake_is_named) {
  struct Door {
    std::string group = "none";
    std::vector<std::int64_t> uids;
    std::vector<std::string> files;
  };
  const auto read_door = [](std::string_view text) -> base::Result<Door> {
    const auto root = toml::parse(text);
    Door door;
    KARV_TRY_VOID(Section(root, "door")
                      .optional_text("group", door.group)
                      .integers("uids", door.uids, 0, 9)
                      .texts("files", door.files)
                      .end());
    return door;
  };
  EXPECT_EQ(read_door("").value().group, "none");
  EXPECT_TRUE(read_door("[door]").value().uids.empty());
  const auto full = read_door("[door]\ngroup = 'karv'\nuids = [9, 0]");
  EXPECT_EQ(full.value().group, "karv");
  EXPECT_EQ(full.value().uids, (std::vector<std::int64_t>{9, 0}));
  EXPECT_EQ(read_door("[door]\nfiles = ['/a', '/b']").value().files, (std::vector<std::string>{"/a", "/b"}));
  for (const char* bad : {"[]", "['']", "[1]", "'/a'"})
    EXPECT_EQ(read_door(std::string("[door]\nfiles = ") + bad).error().internal_text(),
              "configuration: door.files is not a list of texts")
        << bad;
  EXPECT_EQ(read_door("[door]\ngroup = ''").error().internal_text(), "configuration: door.group is missing or no text");
  for (const char* bad : {"[]", "[10]", "[-1]", "['1']", "1", "[1, 2.0]"})
    EXPECT_EQ(read_door(std::string("[door]\nuids = ") + bad).error().internal_text(),
              "configuration: door.uids is not a list of integers from 0 to 9")
        << bad;
}

TEST(ReadTomlTest, a_syntax_error_is_named_with_its_line_and_a_missing_file_is_an_error) {
  const std::string path = testing::TempDir() + "karv_section_test.toml";
  std::FILE* file = std::fopen(path.c_str(), "w");
  ASSERT_NE(file, nullptr);
  std::fputs("[listen]\naddress = \n", file);
  std::fclose(file);
  const auto from = +[](const toml::table&) -> base::Result<Listen> { return Listen{}; };
  const auto broken = read_toml<Listen>(path, from);
  ASSERT_FALSE(broken.ok());
  EXPECT_EQ(broken.error().code(), base::ErrorCode::bad_value);
  EXPECT_NE(broken.error().internal_text().find("(line 2 of " + path + ")"), std::string::npos);
  std::remove(path.c_str());
  for (const std::string& missing : {path, testing::TempDir()}) {
    const auto nothing = read_toml<Listen>(missing, from);
    ASSERT_FALSE(nothing.ok());
    EXPECT_NE(nothing.error().internal_text().find(missing + " is no file"), std::string::npos);
  }
}

}  // namespace
}  // namespace karv::apps
