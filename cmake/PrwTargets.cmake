# ccache where present. It keeps what was compiled with a precompiled header only where it is told that this is fine.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE_PROGRAM})
endif()

# Flags shared by every target of the project.
add_library(prw_options INTERFACE)
target_compile_options(prw_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
    -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough -Wno-missing-field-initializers)
if(PRW_WERROR)
    target_compile_options(prw_options INTERFACE -Werror)
endif()
if(PRW_SANITIZE)
    target_compile_options(prw_options INTERFACE -fsanitize=${PRW_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(prw_options INTERFACE -fsanitize=${PRW_SANITIZE})
endif()

# For code that no byte on the wire goes through. Instrumented code takes half as long to compile without optimisation, and
# half of that where it is not asked about each pointer, shift and sum of its own: its tables are all of them.
function(prw_compile_quickly target)
    if(PRW_SANITIZE)
        target_compile_options(${target} PRIVATE -O0)
        if(PRW_SANITIZE MATCHES "undefined")
            target_compile_options(${target} PRIVATE -fno-sanitize=undefined)
        endif()
    endif()
endfunction()

# What every source of a target includes, and takes seconds to read, is read once. A header in <…>, or a target made ready
# with others of the same flags.
function(prw_precompile target)
    if(ARGN MATCHES "^<")
        target_precompile_headers(${target} PRIVATE ${ARGN})
    else()
        target_precompile_headers(${target} REUSE_FROM ${ARGN})
    endif()
    # The first, so that ccache sees the header through. The others: what the standard library does within bounds is no longer
    # known to come from there, and GCC 12 warns of it.
    target_compile_options(${target} PRIVATE
        $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess;-Wno-array-bounds;-Wno-stringop-overflow;-Wno-stringop-overread;-Wno-restrict>)
endfunction()

# prw_add_library(NAME SOURCES… [INTERNAL | INSTALLED HEADER…]): folder = library = namespace = target = component of the installed package.
# Public headers live in include/prw/NAME; only those named after INSTALLED are installed, where it is given; of an INTERNAL room nothing.
function(prw_add_library name)
    cmake_parse_arguments(arg "INTERNAL" "" "INSTALLED" ${ARGN})
    add_library(prw_${name} STATIC ${arg_UNPARSED_ARGUMENTS})
    add_library(prw::${name} ALIAS prw_${name})
    target_include_directories(prw_${name}
        PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
        PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
    target_link_libraries(prw_${name} PRIVATE $<BUILD_INTERFACE:prw_options>)
    set_target_properties(prw_${name} PROPERTIES EXPORT_NAME ${name} POSITION_INDEPENDENT_CODE ON)
    if(arg_INTERNAL)
        return()
    endif()
    install(TARGETS prw_${name} EXPORT prwTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
    if(arg_INSTALLED)
        list(TRANSFORM arg_INSTALLED PREPEND include/prw/${name}/)
        install(FILES ${arg_INSTALLED} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/prw/${name})
    else()
        install(DIRECTORY include/prw DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
    endif()
    set_property(GLOBAL APPEND PROPERTY PRW_COMPONENTS ${name})
endfunction()

# prw_add_test(NAME SOURCES… [LIBRARIES…] [LABELS…] [TIMEOUT s] [SINGLE_THREADED] [WHOLE]): one GoogleTest binary; every TEST is
# a ctest test of its own. WHOLE: the binary is one test, for tables of cases, where all of them together take little
# more than the start of one. Under sanitizers all are.
function(prw_add_test name)
    if(NOT PRW_BUILD_TESTS)
        return()
    endif()
    cmake_parse_arguments(arg "SINGLE_THREADED;WHOLE" "TIMEOUT" "SOURCES;LIBRARIES;LABELS" ${ARGN})
    # ThreadSanitizer has nothing to find where there is one thread, and takes long to say so.
    if(arg_SINGLE_THREADED AND PRW_SANITIZE STREQUAL "thread")
        return()
    endif()
    if(NOT arg_LABELS)
        set(arg_LABELS unit)
    endif()
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 60)
    endif()
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE prw_options prw_test_support ${arg_LIBRARIES} GTest::gmock GTest::gtest_main)
    prw_compile_quickly(${name})
    prw_precompile(${name} prw_test_support)
    if(PRW_SANITIZE OR arg_WHOLE)
        add_test(NAME ${name} COMMAND ${name})
        set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 900)
    else()
        gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT})
    endif()
endfunction()
