#include <cstdio>
#include <filesystem>

#include <gtest/gtest.h>

#include "store/temporary.h"

namespace karv::store {
namespace {

TEST(FileTest, is_for_its_owner_only) {
  auto db = TemporaryDatabase::create_file({});
  for (const auto& file : std::filesystem::directory_iterator(db.folder()))
    EXPECT_EQ(file.status().permissions(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write)
        << file.path();
}

TEST(FileTest, that_is_not_a_database_is_refused) {
  auto db = TemporaryDatabase::create_file({});
  const std::string path = db.folder() + "/text";
  {
    std::FILE* file = std::fopen(path.c_str(), "w");
    std::fputs("this is a text file that is long enough to be mistaken for a database header, or is it not?", file);
    std::fclose(file);
  }
  EXPECT_EQ(open_sqlite({.path = path}).error().code(), base::ErrorCode::unavailable);
  EXPECT_EQ(open_sqlite({.path = db.folder()}).error().code(), base::ErrorCode::unavailable);
  EXPECT_EQ(open_sqlite({.path = db.folder() + "/no/such/folder"}).error().code(), base::ErrorCode::unavailable);
}

}  // namespace
}  // namespace karv::store
